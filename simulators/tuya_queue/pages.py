"""The pages of errors that Jetty makes for Pulsar's proxy, and the header that a real 401 of Tuya's was seen with (A1)."""

from html import escape

from aiohttp import web

_WORDS = {
    401: "Authentication required",
    403: "Not authorized",
    404: "Not Found",
    405: "HTTP method GET is not supported by this URL",
    409: "Failed to create producer/consumer: Consumer busy",
    429: "Too Many Requests",
    500: "Failed to create producer/consumer: Server error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_PAGE = """<html>
<head>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
<title>Error {status} {words}</title>
</head>
<body><h2>HTTP ERROR {status} {words}</h2>
<table>
<tr><th>URI:</th><td>{path}</td></tr>
<tr><th>STATUS:</th><td>{status}</td></tr>
<tr><th>MESSAGE:</th><td>{words}</td></tr>
<tr><th>SERVLET:</th><td>org.apache.pulsar.websocket.WebSocketConsumerServlet</td></tr>
</table>
</body>
</html>
"""


def error_page(status: int, path: str, words: str | None = None) -> web.Response:
    """Return the answer to a handshake that fails; without `words` with the usual ones of its status."""
    words = escape(_WORDS.get(status, f"Error {status}") if words is None else words)
    text = _PAGE.format(status=status, words=words, path=escape(path))
    return web.Response(status=status, text=text, content_type="text/html", headers={"x-protected-by": "Tuya-Sec"})
