"""What comes of one request, with well-behaved and with hostile servers on loopback."""

import asyncio
import gzip
import socket
import ssl
from dataclasses import replace

import brotli
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import SettingsError
from glotmill.crawl.fetcher import Fetcher
from glotmill.crawl.limits import Agent, Limits
from glotmill.crawl.messages import Failure, Request, Response
from support.servers import AGENT, HOST, QUICK, TLS, Names, answering, fetched, listening

PAGE = "<!doctype html><title>Berriak</title><p>Egun on, mundua! Ñandú, ไทย.</p>".encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def plain(body: bytes, *fields: bytes) -> bytes:
    lines = b"".join(field + b"\r\n" for field in (b"Content-Length: %d" % len(body), *fields))
    return OK + lines + b"\r\n" + body


def response(serve, **more) -> Response:
    found = fetched(serve, **more)
    assert isinstance(found, Response), found
    return found


def failure(serve, **more) -> Failure:
    found = fetched(serve, **more)
    assert isinstance(found, Failure), found
    return found


async def hang(_reader, _writer):
    await asyncio.Event().wait()


def test_a_page_comes_back_with_its_bytes_its_head_and_the_request_as_the_server_saw_it():
    heads = []

    async def serve(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(
            b"HTTP/1.1 200 Ondo\r\nContent-Type: text/html; charset=utf-8\r\nX-Twice: bat\r\nSERVER: s\r\n"
            b"x-twice: bi\r\nX-Name: Ma\xc3\xb1ana\r\nSet-Cookie: id=1\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE
        )

    found = response(serve, path="/b%20c/%E0%B9%84?q=%41&r=ñ//x")
    assert (found.status, found.body, found.content, found.truncated) == (200, PAGE, PAGE, None)
    assert found.address == "127.0.0.1"
    assert found.head == (
        b"HTTP/1.1 200 Ondo\r\nContent-Type: text/html; charset=utf-8\r\nX-Twice: bat\r\nSERVER: s\r\n"
        b"x-twice: bi\r\nX-Name: Ma\xc3\xb1ana\r\nSet-Cookie: id=1\r\nContent-Length: %d\r\n\r\n" % len(PAGE)
    )
    assert found.headers["x-twice"] == "bat, bi"
    assert found.headers["x-name"] == "Mañana"
    assert found.request == heads[0]
    assert found.request.startswith(b"GET /b%20c/%E0%B9%84?q=%41&r=%C3%B1//x HTTP/1.1\r\nHost: eus.example.org:")
    assert b"\r\nUser-Agent: Glotmill/0.1.0 (+https://example.org/bot; crawl@example.org)\r\n" in found.request
    assert b"Cookie" not in found.request
    assert 0 <= found.seconds < 2


@settings(max_examples=25)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="#\xa0"), max_size=30)
)
def test_the_request_is_recorded_as_the_server_saw_it(path):
    heads = []

    async def serve(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(plain(PAGE))

    assert response(serve, path="/" + path).request == heads[0]


def test_a_latin_header_that_is_no_utf8_is_read_as_latin_and_kept_as_it_came():
    found = response(answering(plain(PAGE, b"X-Name: Ma\xf1ana")))
    assert found.headers["x-name"] == "Mañana"
    assert b"X-Name: Ma\xf1ana\r\n" in found.head


def test_what_was_known_of_an_earlier_response_is_asked_and_304_has_no_body():
    heads = []

    async def serve(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 500\r\n\r\n')

    date = "Sun, 01 Nov 2026 10:00:00 GMT"
    found = response(serve, request=Request("", etag='W/"a"', last_modified=date))
    assert (found.status, found.body, found.truncated) == (304, b"", None)
    assert b'\r\nIf-None-Match: W/"a"\r\nIf-Modified-Since: Sun, 01 Nov 2026 10:00:00 GMT\r\n' in heads[0]
    response(serve, request=Request("", etag='"a"\r\nX-Evil: 1', last_modified="\x00"))
    assert b"If-" not in heads[1]
    assert b"X-Evil" not in heads[1]


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_body_leaves_one_that_comes_all_the_same_unread(status):
    found = response(answering(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\ngarbage after it" % status))
    assert (found.status, found.body, found.truncated) == (status, b"", None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status):
    there = b"HTTP/1.1 %d Moved\r\nLocation: http://127.0.0.1/admin\r\nContent-Length: 2\r\n\r\nxx" % status
    found = response(answering(there))
    assert (found.status, found.location, found.body) == (status, "http://127.0.0.1/admin", b"xx")


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_the_body_keeps_its_content_coding_and_the_content_does_not(coding):
    packed = {"gzip": gzip.compress, "br": brotli.compress}[coding](PAGE)
    found = response(answering(plain(packed, b"Content-Encoding: " + coding.encode())))
    assert (found.body, found.content, found.truncated) == (packed, PAGE, None)


def test_chunks_are_joined():
    pieces = b"".join(
        b"%x;x=y\r\n%s\r\n" % (len(PAGE[at : at + 9]), PAGE[at : at + 9]) for at in range(0, len(PAGE), 9)
    )
    found = response(answering(OK + b"Transfer-Encoding: chunked\r\n\r\n", pieces, b"0\r\nX-Trailer: 1\r\n\r\n"))
    assert (found.body, found.truncated) == (PAGE, None)


def test_http_1_0_ends_where_the_server_hangs_up():
    found = response(answering(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n", PAGE))
    assert (found.body, found.truncated) == (PAGE, None)
    assert found.head.startswith(b"HTTP/1.0 200 OK\r\n")


def test_interim_responses_are_passed_over_and_a_switch_of_protocols_fails():
    found = response(answering(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", plain(PAGE)))
    assert (found.status, found.body) == (200, PAGE)
    switching = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    assert failure(answering(switching)).code == "protocol"


def test_a_normal_server_is_asked_again_over_the_same_connection():
    async def run():
        peers = []

        async def page(request):
            peers.append(request.transport.get_extra_info("peername"))
            return web.Response(text="Kaixo " * 1000, content_type="text/html")

        app = web.Application()
        app.router.add_get("/{name}", page)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        names = Names({"a.example.org": [["127.0.0.1"]], "b.example.org": [["127.0.0.1"]]})
        async with Fetcher(AGENT, resolver=names, limits=QUICK, ports={port}, allow_private=True) as fetcher:
            hosts = ("a.example.org", "a.example.org", "b.example.org")
            found = [await fetcher.fetch(Request(f"http://{host}:{port}/x")) for host in hosts]
        await runner.cleanup()
        return found, peers, names.asked

    found, peers, asked = asyncio.run(run())
    assert [page.body for page in found] == [b"Kaixo " * 1000] * 3
    assert peers[0] == peers[1]  # kept alive
    assert peers[1] != peers[2]  # but never shared by two names
    assert asked == ["a.example.org", "a.example.org", "b.example.org"]


# Hostile servers.


def test_an_endless_body_is_cut_at_the_limit():
    async def serve(reader, writer):
        writer.write(OK + b"\r\n")
        while True:
            writer.write(b"<p>amaigabea " * 1000)
            await writer.drain()

    found = response(serve)
    assert (len(found.body), found.truncated) == (QUICK.body, "length")


def test_endless_chunks_are_cut_at_the_limit():
    async def serve(reader, writer):
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"3e8\r\n" + b"a" * 1000 + b"\r\n")
            await writer.drain()

    found = response(serve)
    assert (len(found.body), found.truncated) == (QUICK.body, "length")


@pytest.mark.parametrize(("total", "grace"), [(9.0, 0.2), (0.2, 9.0)])
def test_a_sender_of_a_byte_at_a_time_is_cut_by_its_rate_or_by_the_total_time(total, grace):
    async def serve(reader, writer):
        writer.write(OK + b"\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    found = response(serve, limits=replace(QUICK, total=total, grace=grace))
    assert found.truncated == "time"
    assert 0 < len(found.body) < 100
    assert 0.1 < found.seconds < 2


def test_a_head_that_drips_for_ever_is_slow():
    async def serve(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    found = failure(serve, limits=replace(QUICK, total=0.2))
    assert (found.code, found.address) == ("slow", "127.0.0.1")
    assert 0.1 < found.seconds < 2


def test_a_server_that_takes_a_connection_and_says_nothing_is_slow():
    assert failure(hang, limits=replace(QUICK, total=0.2)).code == "slow"


def test_a_handshake_that_never_comes_is_no_connection_in_time():
    async def run():
        async with listening(hang) as place:
            settings = {"resolver": Names({HOST: [["127.0.0.1"]]}), "ports": {place.port}, "allow_private": True}
            async with Fetcher(AGENT, limits=replace(QUICK, connect=0.2), **settings) as fetcher:
                return await fetcher.fetch(Request(f"https://{HOST}:{place.port}/"))

    assert asyncio.run(run()).code == "timeout"


def test_a_bomb_is_cut_where_its_ratio_shows():
    bomb = gzip.compress(b"\0" * 20_000_000)
    found = response(answering(plain(bomb, b"Content-Encoding: gzip").replace(b"text/html", b"text/plain")))
    assert found.truncated == "length"
    assert len(found.content) <= QUICK.content
    assert bomb.startswith(found.body)


def test_a_broken_coding_gives_what_there_is():
    packed = gzip.compress(PAGE * 1000)
    found = response(answering(plain(packed[: len(packed) // 2], b"Content-Encoding: gzip")))
    assert found.truncated == "decoding"
    assert found.content.startswith(PAGE)
    assert found.body == packed[: len(packed) // 2]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_length_that_promises_too_much_is_a_disconnection_with_what_came(scheme):
    trusted = ssl.create_default_context(cafile=str(TLS / "certificate.pem"))
    found = response(answering(OK + b"Content-Length: 500000\r\n\r\n" + PAGE), scheme=scheme, tls=trusted)
    assert (found.body, found.content, found.truncated) == (PAGE, PAGE, "disconnect")


def test_a_length_that_promises_too_little_ends_the_body_there_and_the_connection_too():
    async def run():
        async with listening(answering(plain(PAGE) + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")) as place:
            settings = {"resolver": Names({HOST: [["127.0.0.1"]]}), "ports": {place.port}, "allow_private": True}
            async with Fetcher(AGENT, limits=QUICK, **settings) as fetcher:
                request = Request(f"http://{HOST}:{place.port}/")
                return await fetcher.fetch(request), await fetcher.fetch(request), place.connections

    first, second, connections = asyncio.run(run())
    assert (first.body, second.body) == (PAGE, PAGE)
    assert connections == 2


def test_a_body_that_was_promised_and_never_comes_is_cut_by_the_time():
    async def serve(reader, writer):
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\n")
        await hang(reader, writer)

    found = response(serve, limits=replace(QUICK, grace=0.2))
    assert (found.status, found.body, found.truncated) == (404, b"", "time")


@pytest.mark.parametrize("tail", [b" and more<p>", b"\0\0", b"\r\n\r\n", b"HTTP/1.1 ???"])
def test_what_exceeds_the_length_is_left_out_even_in_one_packet(tail):
    found = response(answering(plain(PAGE) + tail))
    assert (found.body, found.truncated) == (PAGE, None)
    found = response(answering(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nKaixo\r\n0\r\n\r\n" + tail))
    assert (found.body, found.truncated) == (b"Kaixo", None)


@pytest.mark.parametrize("length", [b"-1", b"+5", b"0x5", b"5, 5", b"5\r\nContent-Length: 6", b"9" * 40, b"five"])
def test_a_length_that_is_no_length_never_gives_a_whole_page(length):
    found = fetched(answering(OK + b"Content-Length: " + length + b"\r\n\r\nabcde"))
    assert isinstance(found, Failure) or found.truncated or found.body == b"abcde"


@pytest.mark.parametrize(
    "garbage", [b"zz\r\nabc\r\n", b"5\r\nabcdefgh\r\n", b"-1\r\nabc", b"fffffffffffffffff\r\nabc", b"5\r\nab"]
)
def test_garbage_among_the_chunks_ends_the_body_as_a_disconnection(garbage):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"6\r\nKaixo!\r\n")
        await writer.drain()
        writer.write(garbage)

    found = response(serve)
    assert found.truncated == "disconnect"
    assert found.body in (b"Kaixo!", b"Kaixo!ab", b"Kaixo!abcde")
    assert found.seconds < 1


def test_a_reset_in_the_body_gives_what_came_before():
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 500000\r\n\r\n" + PAGE)
        await writer.drain()
        await asyncio.sleep(0.05)  # a reset overtakes what the client has not read yet
        writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    found = response(serve)
    assert (found.body, found.truncated) == (PAGE, "disconnect")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 900) for n in range(100)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(10_000)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 " + b"a" * 100_000 + b"\r\n\r\n",
    ],
)
def test_a_flood_of_headers_is_no_response(head):
    assert failure(answering(head + PAGE)).code == "protocol"


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\0" * 99,
        PAGE,
    ],
)
def test_what_is_not_http_is_a_protocol_failure(answer):
    assert failure(answering(answer)).code == "protocol"


def test_a_server_that_hangs_up_without_a_word_is_asked_once():
    async def run():
        async with listening(answering()) as place:
            settings = {"resolver": Names({HOST: [["127.0.0.1"]]}), "ports": {place.port}, "allow_private": True}
            async with Fetcher(AGENT, limits=QUICK, **settings) as fetcher:
                return await fetcher.fetch(Request(f"http://{HOST}:{place.port}/")), place.connections

    found, connections = asyncio.run(run())
    assert (found.code, connections) == ("disconnect", 1)


def test_a_connection_that_went_stale_is_replaced():
    async def run():
        turn = 0

        async def serve(reader, writer):
            nonlocal turn
            turn += 1
            await reader.readuntil(b"\r\n\r\n")
            writer.write(plain(b"turn %d" % turn))
            if turn == 1:
                await reader.readuntil(b"\r\n\r\n")  # and hangs up on the second request

        async with listening(serve) as place:
            settings = {"resolver": Names({HOST: [["127.0.0.1"]]}), "ports": {place.port}, "allow_private": True}
            async with Fetcher(AGENT, limits=QUICK, **settings) as fetcher:
                request = Request(f"http://{HOST}:{place.port}/")
                return [await fetcher.fetch(request), await fetcher.fetch(request)]

    assert [found.body for found in asyncio.run(run())] == [b"turn 1", b"turn 2"]


def test_a_video_costs_one_chunk_and_says_type():
    async def serve(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 900000000\r\n\r\n")
        while True:
            writer.write(b"\0\0\0\x20ftypmp42" * 1000)
            await writer.drain()

    found = response(serve, limits=replace(QUICK, body=5 << 20))
    assert found.truncated == "type"
    assert 0 < len(found.body) < 1 << 20


@pytest.mark.parametrize(
    ("kind", "body", "path", "truncated"),
    [
        (b"", PAGE * 2000, "/", None),
        (b"", b"%PDF-1.7\n" + b"a" * 150_000, "/", "type"),
        (b"application/octet-stream", b"\x7fELF\x02\x01" + b"\0" * 150_000, "/", "type"),
        (b"application/octet-stream", b"User-agent: *\nDisallow:\n" * 6000, "/robots.txt", None),
        (b"text/html", b"%PDF-1.7\n" + b"a" * 150_000, "/", "type"),
        (b"image/png", b"\x89PNG\r\n\x1a\n" + b"a" * 150_000, "/", "type"),
        (b"application/pdf", PAGE * 2000, "/", None),
        (b"application/x-gzip", gzip.compress(b"<urlset>") + b"\0" * 150_000, "/sitemap.xml.gz", None),
        (b"application/x-gzip", gzip.compress(b"<urlset>") + b"\0" * 150_000, "/data.tar.gz", "type"),
        (b"application/ld+json", b'{"a": 1}' * 9000, "/", None),
        (b"text/plain", "ไทย".encode("utf-16") * 9000, "/", None),
        (b"", "<html>ไทย".encode("utf-16") * 9000, "/", None),
    ],
)
def test_text_is_read_whole_and_other_kinds_are_not(kind, body, path, truncated):
    head = b"HTTP/1.1 200 OK\r\n" + (b"Content-Type: %s\r\n" % kind if kind else b"")

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[:2000])
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(body[2000:])
        await writer.drain()

    found = response(serve, path=path)
    assert found.truncated == truncated
    assert found.body == body if truncated is None else len(found.body) < len(body)


def test_a_certificate_that_nobody_signed_is_refused():
    found = failure(answering(plain(PAGE)), scheme="https")
    assert (found.code, found.address) == ("tls", "127.0.0.1")
    assert "self-signed" in found.detail.replace("self signed", "self-signed")


def test_a_certificate_is_verified_by_the_name_and_not_by_the_address():
    trusted = ssl.create_default_context(cafile=str(TLS / "certificate.pem"))
    assert response(answering(plain(PAGE)), scheme="https", tls=trusted).body == PAGE

    async def other():
        async with listening(answering(plain(PAGE)), tls=True) as place:
            names = Names({"other.example.org": [["127.0.0.1"]]})
            settings = {"resolver": names, "ports": {place.port}, "allow_private": True, "tls": trusted}
            async with Fetcher(AGENT, limits=QUICK, **settings) as fetcher:
                by_name = await fetcher.fetch(Request(f"https://other.example.org:{place.port}/"))
                return by_name, await fetcher.fetch(Request(f"https://127.0.0.1:{place.port}/"))

    by_name, by_address = asyncio.run(other())
    assert (by_name.code, by_address.code) == ("tls", "tls")
    assert "other.example.org" in by_name.detail


def test_a_server_that_speaks_no_tls_fails_as_tls_or_connection():
    async def run():
        async with listening(answering(plain(PAGE))) as place:
            settings = {"resolver": Names({HOST: [["127.0.0.1"]]}), "ports": {place.port}, "allow_private": True}
            async with Fetcher(AGENT, limits=replace(QUICK, connect=0.3), **settings) as fetcher:
                return await fetcher.fetch(Request(f"https://{HOST}:{place.port}/"))

    assert asyncio.run(run()).code in ("tls", "connect", "timeout")


# Names and addresses.


def asked(names, *, urls=(f"http://{HOST}/",), **settings):
    async def run():
        async with Fetcher(AGENT, resolver=names, limits=QUICK, **settings) as fetcher:
            return [await fetcher.fetch(Request(url)) for url in urls]

    return asyncio.run(run())


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "64:ff9b::7f00:1", "fe80::1%eth0", "evil"]
)
def test_a_name_that_leads_to_a_private_address_is_not_asked(address):
    (found,) = asked(Names({HOST: [[address]]}))
    assert (found.code, found.address) == ("refused_address", address)
    assert found.detail.startswith(f"{HOST}: ")


def test_a_refused_url_is_not_resolved():
    names = Names({HOST: [["127.0.0.1"]]})
    urls = ["file:///etc/passwd", "http://127.0.0.1/", f"http://{HOST}:25/", f"http://u:p@{HOST}/", "http://[", ""]
    assert [found.code for found in asked(names, urls=urls)] == ["refused_url"] * 6
    assert names.asked == []


def test_a_name_that_does_not_resolve_is_a_dns_failure():
    found = asked(Names({"none.example.org": [[]]}), urls=[f"http://{HOST}/", "http://none.example.org/"])
    assert [each.code for each in found] == ["dns", "dns"]


def test_a_resolver_that_does_not_answer_is_a_dns_failure():
    class Silent:
        async def resolve(self, host):
            await asyncio.Event().wait()

    async def run():
        async with Fetcher(AGENT, resolver=Silent(), limits=replace(QUICK, connect=0.1)) as fetcher:
            return await fetcher.fetch(Request(f"http://{HOST}/"))

    assert asyncio.run(run()).code == "dns"


def test_a_rebinding_resolver_has_nothing_to_act_on():
    async def run():
        async with listening(answering(plain(b"public"))) as place:
            # One question per request: the second answer is judged by itself.
            names = Names({HOST: [["127.0.0.1"], ["169.254.169.254"]]})
            settings = {"resolver": names, "ports": {place.port}, "allow_private": True}
            async with Fetcher(AGENT, limits=QUICK, **settings) as fetcher:
                request = Request(f"http://{HOST}:{place.port}/")
                first = await fetcher.fetch(request)
                asked_by_then = len(names.asked)
                return first, await fetcher.fetch(request), asked_by_then, place.connections

    first, second, asked_by_then, connections = asyncio.run(run())
    assert (first.body, first.address, asked_by_then) == (b"public", "127.0.0.1", 1)
    assert (second.code, connections) == ("refused_address", 1)


def test_private_addresses_among_public_ones_are_passed_over_and_a_dead_address_costs_one_try():
    async def run():
        async with listening(answering(plain(PAGE))) as place:
            names = Names({HOST: [["169.254.169.254", "::1", "127.0.0.1"]]})
            settings = {"resolver": names, "ports": {place.port}, "allow_private": True}
            async with Fetcher(AGENT, limits=QUICK, **settings) as fetcher:
                return await fetcher.fetch(Request(f"http://{HOST}:{place.port}/"))

    found = asyncio.run(run())
    assert (found.body, found.address) == (PAGE, "127.0.0.1")


def test_a_closed_port_is_a_connect_failure():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        names = Names({HOST: [["127.0.0.1"]]})
        (found,) = asked(names, urls=[f"http://{HOST}:{port}/"], ports={port}, allow_private=True)
    assert (found.code, found.address) == ("connect", "127.0.0.1")


def test_ipv6_is_asked_by_name_and_by_address():
    async def run():
        try:
            async with listening(answering(plain(PAGE)), host="::1") as place:
                settings = {"resolver": Names({HOST: [["::1"]]}), "ports": {place.port}, "allow_private": True}
                async with Fetcher(AGENT, limits=QUICK, **settings) as fetcher:
                    urls = (f"http://{HOST}:{place.port}/", f"http://[0::1]:{place.port}/")
                    return [await fetcher.fetch(Request(url)) for url in urls]
        except OSError:
            pytest.skip("no IPv6 on loopback")

    by_name, by_address = asyncio.run(run())
    assert (by_name.body, by_name.address) == (PAGE, "::1")
    assert (by_address.body, by_address.address) == (PAGE, "::1")
    assert b"\r\nHost: [::1]:" in by_address.request


def test_a_proxy_in_the_environment_is_not_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert response(answering(plain(PAGE))).body == PAGE


def test_cookies_are_never_sent_back():
    heads = []

    async def serve(reader, writer):
        for _ in range(2):
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(plain(PAGE, b"Set-Cookie: id=1; Path=/"))

    async def run():
        async with listening(serve) as place:
            settings = {"resolver": Names({HOST: [["127.0.0.1"]]}), "ports": {place.port}, "allow_private": True}
            async with Fetcher(AGENT, limits=QUICK, **settings) as fetcher:
                for _ in range(2):
                    await fetcher.fetch(Request(f"http://{HOST}:{place.port}/"))

    asyncio.run(run())
    assert len(heads) == 2
    assert not any(b"cookie" in head.lower() for head in heads)


def test_cancellation_ends_a_fetch_at_once():
    async def run():
        async with listening(hang) as place:
            settings = {"resolver": Names({HOST: [["127.0.0.1"]]}), "ports": {place.port}, "allow_private": True}
            async with Fetcher(AGENT, limits=QUICK, **settings) as fetcher:
                async with asyncio.timeout(0.1):
                    await fetcher.fetch(Request(f"http://{HOST}:{place.port}/"))

    with pytest.raises(TimeoutError):
        asyncio.run(run())


@settings(max_examples=40)
@given(
    st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n", OK + b"\r\n"]),
    st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([b"\r\n", b"3\r\nabc\r\n", b"X: y\r\n", b"0\r\n\r\n"]))),
)
def test_no_bytes_of_a_server_raise(start, pieces):
    assert isinstance(fetched(answering(start, *pieces), limits=replace(QUICK, total=0.5)), Response | Failure)


# As whom a crawl asks.


@pytest.mark.parametrize(
    "contact", ["", " ", "nobody", "a@b", "x@example.org\r\nX: y", "crawl @example.org", "ñ@example.org"]
)
def test_there_is_no_crawl_without_a_contact(contact):
    with pytest.raises(SettingsError, match="no crawl without a contact"):
        Agent(contact=contact, url="https://example.org/bot")


def test_the_agent_names_product_version_url_and_contact():
    agent = Agent(contact="https://example.org/contact", url="https://example.org/bot", product="EusBot", version="2.0")
    assert agent.header == "EusBot/2.0 (+https://example.org/bot; https://example.org/contact)"
    for wrong in ({"url": "example.org"}, {"product": "Eus Bot"}):
        with pytest.raises(SettingsError):
            Agent(**({"contact": "crawl@example.org", "url": "https://example.org/bot"} | wrong))


def test_the_limits_of_a_crawl_are_those_of_the_design():
    limits = Limits()
    assert (limits.body, limits.content, limits.ratio) == (5 << 20, 20 << 20, 100)
    assert (limits.connect, limits.total) == (10.0, 60.0)
