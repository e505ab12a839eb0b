"""SMS through a generic HTTP gateway.

POST {SMS_URL}/messages {"reference", "to", "text"} with a bearer token: 2xx taken, 4xx refused for good,
anything else later. GET {SMS_URL}/messages/{reference}: 200 when it is there, 404 when it isn't.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from notifications.channels import Letter, Refused, Unavailable
from notifications.settings import NotificationSettings


class SmsLine:
    def __init__(self, session: requests.Session, url: str, timeout: float) -> None:
        self._session, self._url, self._timeout = session, url, timeout

    def send(self, letter: Letter) -> str:
        body = {"reference": letter.reference, "to": letter.to, "text": letter.body}
        try:
            answer = self._session.post(f"{self._url}/messages", json=body, timeout=self._timeout)
        except requests.RequestException as error:
            raise Unavailable(type(error).__name__) from error
        if answer.ok:
            return str(answer.status_code)
        if 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429):
            raise Refused(str(answer.status_code))
        raise Unavailable(str(answer.status_code))

    def knows(self, reference: str) -> bool | None:
        try:
            answer = self._session.get(f"{self._url}/messages/{reference}", timeout=self._timeout)
        except requests.RequestException as error:
            raise Unavailable(type(error).__name__) from error
        if answer.status_code in (200, 404):
            return answer.status_code == 200
        raise Unavailable(str(answer.status_code))


class SmsChannel:
    name = "sms"
    provider = "http-sms"

    def __init__(self, settings: NotificationSettings) -> None:
        self._settings = settings

    @contextmanager
    def open(self) -> Iterator[SmsLine]:
        if not self._settings.sms_url:
            raise Unavailable("SMS_URL is not set")
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self._settings.sms_token.get_secret_value()}"
            session.trust_env = False
            yield SmsLine(session, self._settings.sms_url.rstrip("/"), self._settings.provider_timeout)
