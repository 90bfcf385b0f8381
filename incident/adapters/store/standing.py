"""At which migration a database is, without opening the house and without changing anything."""

from __future__ import annotations

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from incident.adapters.store.address import parse_url
from incident.adapters.store.migrate import version
from incident.errors import PermanentError


def schema_version(url: str) -> str | None:
    """Return the last migration's number, None for an empty database; PermanentError when it cannot be opened."""
    address = parse_url(url)
    if address.path is not None and not address.path.is_file():
        return None  # opening would make an empty one
    place = f"sqlite:///{address.path}" if address.path else f"postgresql+psycopg://{address.rest}"
    engine = create_engine(place, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            return version(connection)
    except SQLAlchemyError as error:
        raise PermanentError(f"cannot be opened ({type(error).__name__})") from None
    finally:
        engine.dispose()
