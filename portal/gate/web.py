"""What every request passes: an id, security headers, timing, and error pages in Chinese."""

import secrets
import time

import sentry_sdk
import structlog
from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from portal.gate.metrics import observe_request

log = structlog.get_logger()
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
}
WORDS = {
    400: ("请求有误", "页面发来的内容不完整。请返回上一页重试,您填写的内容仍在。"),
    403: ("没有权限", "您的账号不能查看或办理这一项。如需办理,请联系本站站长或市场监管局管理员。"),
    404: ("没有找到", "这个地址没有内容,可能是输入有误。请检查后重试。"),
    405: ("不能这样访问", "请从页面上的按钮进入,不要直接打开这个地址。"),
    413: ("文件太大", "上传的文件总量超过限制。单个文件不超过20MB,最多9个,请减少后重试。"),
    429: ("操作太频繁", "请稍后再试。"),
}


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)


def _begin() -> None:
    g.request_id, g.began = secrets.token_hex(6), time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Request-ID"] = g.get("request_id", "")
    took = time.perf_counter() - g.get("began", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "none"
    observe_request(request.method, route, response.status_code, took)
    if route not in ("/healthz", "/readyz", "/static/<path:filename>"):
        log.info("request", method=request.method, route=route, status=response.status_code, ms=round(took * 1000, 1))
    return response


def _csrf_error(_: CSRFError) -> tuple[str, int]:
    return _page(400, "页面已过期", "为了安全,停留太久的页面不能再提交。请返回上一页,刷新后重试。")


def _http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    if isinstance(error, RequestEntityTooLarge):
        code = 413
    title, words = WORDS.get(code, ("出错了", "请返回上一页重试。"))
    return _page(code, title, words)


def _fault(error: Exception) -> tuple[str, int]:
    log.error("fault", error=type(error).__name__, route=request.url_rule.rule if request.url_rule else "none")
    structlog.get_logger("trace").error("trace", stack=_stack(error))
    sentry_sdk.capture_exception(error)
    return _page(
        500, "我们这边出了故障", "您的操作没有完成,已经登记的内容不会丢失。请稍后重试,或致电服务站并报出下面的编号。"
    )


def _stack(error: BaseException) -> str:
    """Where it happened: files and lines, without values."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " < ".join(reversed(places[-12:]))


def _page(code: int, title: str, words: str) -> tuple[str, int]:
    page = render_template("public/error.html", code=code, title=title, words=words, reference=g.get("request_id", ""))
    return page, code
