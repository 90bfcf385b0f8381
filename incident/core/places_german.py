"""Names of jurisdictions in German, as in `incident.core.places`; a state named as in English is not listed."""

from __future__ import annotations

_COUNTRIES = """
AD Andorra|AE Vereinigte Arabische Emirate|AF Afghanistan|AG Antigua und Barbuda|AL Albanien|AM Armenien|AO Angola
AR Argentinien|AT Österreich|AU Australien|AZ Aserbaidschan|BA Bosnien und Herzegowina|BB Barbados|BD Bangladesch
BE Belgien|BF Burkina Faso|BG Bulgarien|BH Bahrain|BI Burundi|BJ Benin|BM Bermuda|BN Brunei|BO Bolivien
BR Brasilien|BS Bahamas|BT Bhutan|BW Botsuana|BY Belarus|BZ Belize|CA Kanada|CD Kongo (Kinshasa)
CF Zentralafrikanische Republik|CG Kongo (Brazzaville)|CH Schweiz|CI Côte d'Ivoire|CL Chile|CM Kamerun
CN China|CO Kolumbien|CR Costa Rica|CU Kuba|CV Kap Verde|CY Zypern|CZ Tschechien|DE Deutschland|DJ Dschibuti
DK Dänemark|DM Dominica|DO Dominikanische Republik|DZ Algerien|EC Ecuador|EE Estland|EG Ägypten|ES Spanien
ET Äthiopien|FI Finnland|FJ Fidschi|FO Färöer|FR Frankreich|GA Gabun|GB Vereinigtes Königreich|GD Grenada
GE Georgien|GG Guernsey|GH Ghana|GI Gibraltar|GL Grönland|GM Gambia|GN Guinea|GR Griechenland
GT Guatemala|GU Guam|GW Guinea-Bissau|GY Guyana|HK Hongkong|HN Honduras|HR Kroatien|HT Haiti|HU Ungarn
ID Indonesien|IE Irland|IL Israel|IM Insel Man|IN Indien|IQ Irak|IR Iran|IS Island|IT Italien|JE Jersey
JM Jamaika|JO Jordanien|JP Japan|KE Kenia|KG Kirgisistan|KH Kambodscha|KN St. Kitts und Nevis|KR Südkorea
KW Kuwait|KY Kaimaninseln|KZ Kasachstan|LA Laos|LB Libanon|LC St. Lucia|LI Liechtenstein
LK Sri Lanka|LR Liberia|LS Lesotho|LT Litauen|LU Luxemburg|LV Lettland|LY Libyen|MA Marokko|MC Monaco
MD Moldau|ME Montenegro|MG Madagaskar|MK Nordmazedonien|ML Mali|MM Myanmar|MN Mongolei|MO Macau
MR Mauretanien|MT Malta|MU Mauritius|MV Malediven|MW Malawi|MX Mexiko|MY Malaysia|MZ Mosambik|NA Namibia
NE Niger|NG Nigeria|NI Nicaragua|NL Niederlande|NO Norwegen|NP Nepal|NZ Neuseeland|OM Oman|PA Panama
PE Peru|PG Papua-Neuguinea|PH Philippinen|PK Pakistan|PL Polen|PR Puerto Rico|PT Portugal|PY Paraguay
QA Katar|RO Rumänien|RS Serbien|RU Russland|RW Ruanda|SA Saudi-Arabien|SC Seychellen|SD Sudan|SE Schweden
SG Singapur|SI Slowenien|SK Slowakei|SL Sierra Leone|SM San Marino|SN Senegal|SO Somalia|SR Suriname
SS Südsudan|ST São Tomé und Príncipe|SV El Salvador|SY Syrien|SZ Eswatini|TD Tschad|TG Togo|TH Thailand
TJ Tadschikistan|TL Timor-Leste|TM Turkmenistan|TN Tunesien|TO Tonga|TR Türkei|TT Trinidad und Tobago
TW Taiwan|TZ Tansania|UA Ukraine|UG Uganda|US Vereinigte Staaten|UY Uruguay|UZ Usbekistan|VA Vatikanstadt
VC St. Vincent und die Grenadinen|VE Venezuela|VG Britische Jungferninseln|VI Amerikanische Jungferninseln
VN Vietnam|VU Vanuatu|WS Samoa|XK Kosovo|YE Jemen|ZA Südafrika|ZM Sambia|ZW Simbabwe
"""
COUNTRIES_DE: dict[str, str] = {
    entry[:2]: entry[3:] for line in _COUNTRIES.strip().split("\n") for entry in line.split("|")
}
STATES_DE: dict[str, str] = {"CA": "Kalifornien", "VI": "Amerikanische Jungferninseln"}
OTHERS_DE: dict[str, str] = {
    "everyone": "alle",
    "unknown": "unbekanntes Land",
    "EU": "Europäische Union",
}
