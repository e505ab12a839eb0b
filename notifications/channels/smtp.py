"""E-mail by SMTP: one connection for a batch, the Message-ID made from the notice's id."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from notifications.channels import Letter, Refused, Unavailable
from notifications.settings import NotificationSettings


class SmtpLine:
    def __init__(self, server: smtplib.SMTP, sender: str) -> None:
        self._server = server
        name, address = parseaddr(sender)
        self._sender = Address(name, addr_spec=address)

    def send(self, letter: Letter) -> str:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{letter.reference}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        try:
            self._server.send_message(message, self._sender.addr_spec, [letter.to])
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            self._give_up(code, answer)
        except smtplib.SMTPResponseException as error:
            self._give_up(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(type(error).__name__) from error
        return "250"

    def knows(self, reference: str) -> bool | None:
        return None

    def _give_up(self, code: int, answer: bytes | str) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self._server.rset()
        # The server's words may repeat the address: keep its code and class only.
        if code >= 500:
            raise Refused(str(code))
        raise Unavailable(str(code))


class SmtpChannel:
    name = "email"
    provider = "smtp"

    def __init__(self, settings: NotificationSettings) -> None:
        self._settings = settings

    @contextmanager
    def open(self) -> Iterator[SmtpLine]:
        """Raises Unavailable when there is no server to talk to."""
        chosen = self._settings
        if not chosen.smtp_host:
            raise Unavailable("SMTP_HOST is not set")
        try:
            server = self._connect()
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(type(error).__name__) from error
        try:
            yield SmtpLine(server, chosen.smtp_from)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _connect(self) -> smtplib.SMTP:
        chosen, context = self._settings, ssl.create_default_context()
        host, port, wait = chosen.smtp_host, chosen.smtp_port, chosen.provider_timeout
        server: smtplib.SMTP
        if chosen.smtp_tls == "tls":
            server = smtplib.SMTP_SSL(host, port, timeout=wait, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=wait)
        if chosen.smtp_tls == "starttls":
            server.starttls(context=context)
        if chosen.smtp_user:
            server.login(chosen.smtp_user, chosen.smtp_password.get_secret_value())
        return server
