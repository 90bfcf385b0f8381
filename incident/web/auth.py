"""Sign in with handle and password, then a code; sign out; end one's other sessions."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from incident.service import signing_in
from incident.web import csrf, sessions
from incident.web.routing import Door, ForgedError, Page
from incident.web.texts import FALLBACK, LANGUAGES
from incident.web.visit import Visit


def show_sign_in(visit: Visit) -> Response:
    """Ask for handle and password."""
    if visit.session is not None and visit.session.second_factor:
        return visit.go("/")
    return _form(visit)


def sign_in(visit: Visit) -> Response:
    """Take handle and password; go on to the code."""
    door = sessions.door_of(visit.request, secure=_secure(visit)) or ""
    if not door or not csrf.matches(door, visit.text(csrf.FIELD)):
        raise ForgedError("the form is too old or not ours; open the sign-in page again")
    password = visit.form.get("password", "")
    try:
        token = signing_in.sign_in(
            visit.reception.desk,
            visit.text("handle").lower()[:64],
            password if isinstance(password, str) else "",
            address=visit.address,
        )
    except signing_in.TooManyError:
        _note(visit, visit.text("handle").lower(), "too many attempts")
        return _form(visit, error="signin.too_many", status=429)
    except signing_in.SignInError:
        _note(visit, visit.text("handle").lower(), "password or account")
        return _form(visit, error="signin.wrong", status=401)
    response = visit.go(f"/sign-in/code?next={_next(visit)}")
    sessions.set_token(response, token, secure=_secure(visit))
    return response


def show_code(visit: Visit) -> Response:
    """Ask for the code."""
    return visit.page("code.html", next=_next(visit), error="")


def take_code(visit: Visit) -> Response:
    """Take the code; the session from here on is a new one."""
    try:
        token = signing_in.second_factor(
            visit.reception.desk, visit.token, visit.text("code"), address=visit.address
        )
    except signing_in.TooManyError:
        _note(visit, _half_way(visit), "too many attempts")
        return visit.page("code.html", status=429, next=_next(visit), error="signin.too_many")
    except signing_in.SignInError:
        _note(visit, _half_way(visit), "code")
        return visit.page("code.html", status=401, next=_next(visit), error="signin.wrong")
    response = visit.go(_next(visit))
    sessions.set_token(response, token, secure=_secure(visit))
    return response


def sign_out(visit: Visit) -> Response:
    """End the session."""
    signing_in.sign_out(visit.reception.desk, visit.token)
    response = visit.go("/sign-in?out=1")
    sessions.drop_token(response, secure=_secure(visit))
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


def show_me(visit: Visit) -> Response:
    """Show who one is here, and one's sessions."""
    mine = visit.reception.desk.accounts.sessions(visit.actor.handle)
    return visit.page("me.html", sessions=mine, present=visit.session)


def end_others(visit: Visit) -> Response:
    """End every session of one's own but this one."""
    accounts = visit.reception.desk.accounts
    for one in accounts.sessions(visit.actor.handle):
        if visit.session is None or one.token_hash != visit.session.token_hash:
            accounts.end_session(one.token_hash)
    return visit.go("/me")


def choose_language(visit: Visit) -> Response:
    """Speak another language from now on."""
    response, language = RedirectResponse(_next(visit), status_code=303), visit.text("language")
    response.set_cookie(
        sessions.LANGUAGE,
        language if language in LANGUAGES else FALLBACK,
        max_age=31536000,
        path="/",
        secure=_secure(visit),
        httponly=True,
        samesite="strict",
    )
    return response


def _form(visit: Visit, *, error: str = "", status: int = 200) -> Response:
    secure = _secure(visit)
    door = sessions.door_of(visit.request, secure=secure)
    holder = Response()
    door = sessions.set_door(holder, secure=secure, door=door)
    response = visit.page(
        "sign_in.html",
        status=status,
        door=csrf.token_for(door),
        next=_next(visit),
        error=error,
        handle=visit.text("handle"),
        out="out" in visit.query,
    )
    response.headers.append("set-cookie", holder.headers["set-cookie"])
    return response


def _next(visit: Visit) -> str:
    """Return where to go on: a path of this console, never another site."""
    wanted = visit.text("next") or visit.query.get("next", "/")
    plain = wanted.isprintable() and "\\" not in wanted and "//" not in wanted and "?" not in wanted
    return wanted if wanted.startswith("/") and plain else "/"


def _half_way(visit: Visit) -> str:
    return visit.session.handle if visit.session is not None else ""


def _note(visit: Visit, handle: str, what: str) -> None:
    """Log a refusal: whose, if it is one of us (what a stranger types may be a password), and at what."""
    who = handle if handle in visit.reception.staff else "a handle that is nobody's"
    visit.reception.log.warning("sign-in refused: %s, %s", who, what)


def _secure(visit: Visit) -> bool:
    return visit.reception.settings.secure


ROUTES = (
    Page("GET", "/sign-in", show_sign_in, door=Door.OPEN),
    Page("POST", "/sign-in", sign_in, door=Door.OPEN),
    Page("GET", "/sign-in/code", show_code, door=Door.HALF),
    Page("POST", "/sign-in/code", take_code, door=Door.HALF),
    Page("POST", "/sign-out", sign_out),
    Page("GET", "/me", show_me),
    Page("POST", "/me/end-others", end_others),
    Page("POST", "/language", choose_language, door=Door.OPEN),
)
