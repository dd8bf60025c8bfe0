"""The tiny first revision a service starts on: it answers the health check until the first release takes its place."""

import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from documents.taskdef import Container

BOOTSTRAP_IMAGE = "public.ecr.aws/docker/library/busybox:stable"
"""A public image of two megabytes with a web server."""

TLS_BOOTSTRAP_IMAGE = "public.ecr.aws/docker/library/ruby:3-alpine"
"""A public image that can make itself a certificate: busybox speaks no TLS."""

TLS_SERVER = """
require "socket"
require "openssl"
key = OpenSSL::PKey::RSA.new(2048)
certificate = OpenSSL::X509::Certificate.new
certificate.version = 2
certificate.serial = 1
certificate.subject = certificate.issuer = OpenSSL::X509::Name.parse("/CN=bootstrap")
certificate.public_key = key.public_key
certificate.not_before = Time.now - 86400
certificate.not_after = Time.now + 3650 * 86400
certificate.sign(key, OpenSSL::Digest.new("SHA256"))
context = OpenSSL::SSL::SSLContext.new
context.cert = certificate
context.key = key
body = "waiting for the first push\\n"
answer = "HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: #{body.size}\\r\\nConnection: close\\r\\n\\r\\n#{body}"
ARGV.map do |given|
  port, protocol = given.split(":")
  server = TCPServer.new("0.0.0.0", port.to_i)
  Thread.new do
    loop do
      plain = server.accept
      Thread.new do
        begin
          plain.setsockopt(:SOCKET, :RCVTIMEO, [10, 0].pack("l_2"))
          socket = protocol == "HTTPS" ? OpenSSL::SSL::SSLSocket.new(plain, context).tap(&:accept) : plain
          loop { break if (socket.gets || "").strip.empty? }
          socket.write(answer)
          socket.close
        rescue StandardError
          nil
        ensure
          plain.close
        end
      end
    end
  end
end.each(&:join)
"""
"""Ruby that answers 200 to every request on the ports in its arguments, each `<port>:HTTP` or `<port>:HTTPS`."""


def bootstrap_container(
    name: str, ports: Sequence[tuple[int, str]], health_path: str, own_image: str | None = None
) -> Container:
    """A web server for these ports, the one for traffic first, each with its protocol.

    `own_image` is a copy of the public image this would take, where ECR Public cannot be reached.
    A container is checked on the health check's own port and by its own protocol, so it must answer there too.
    """
    numbers = list(dict.fromkeys(port for port, _ in ports))
    if any(protocol == "HTTPS" for _, protocol in ports):
        words = [f"{port}:{protocol}" for port, protocol in dict(ports).items()]
        image, command = TLS_BOOTSTRAP_IMAGE, ["ruby", "-e", TLS_SERVER, *words]
    else:
        image, command = BOOTSTRAP_IMAGE, ["sh", "-c", _plain_script(numbers, health_path)]
    return Container(
        name=name,
        image=own_image or image,
        command=command,
        ports=numbers,
        init_process=True,
        stop_timeout_seconds=2,
    )


def _plain_script(ports: Sequence[int], health_path: str) -> str:
    path = PurePosixPath("/www") / health_path.split("?", maxsplit=1)[0].strip("/")
    page = path / "index.html" if health_path.split("?", maxsplit=1)[0].endswith("/") else path
    servers = [*(f"httpd -p {port} -h /www" for port in ports[1:]), f"exec httpd -f -p {ports[0]} -h /www"]
    return (
        f"mkdir -p {shlex.quote(str(page.parent))} && echo waiting for the first push > {shlex.quote(str(page))} "
        f"&& {' && '.join(servers)}"
    )
