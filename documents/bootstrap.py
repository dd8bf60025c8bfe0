"""The tiny first revision a service starts on: it answers everything until the first release takes its place."""

from collections.abc import Sequence

from documents.taskdef import Container

BOOTSTRAP_IMAGE = "public.ecr.aws/docker/library/ruby:3-alpine"
"""A public image of some forty megabytes that can answer any method and path, and make itself a certificate.

The smaller ones do less: busybox's httpd says 501 to every method but GET and HEAD, which counts as a server error of the
target (Elastic Load Balancing User Guide, load-balancer-cloudwatch-metrics), 404 to any path but one, and speaks no TLS.
"""

SERVER = """
require "socket"
require "openssl"
if ARGV.any? { |given| given.end_with?(":HTTPS") }
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
end
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

IDLE = "sleep"
"""Ruby that does nothing until it is told to end."""


def bootstrap_container(
    name: str, ports: Sequence[tuple[int, str]], own_image: str | None = None
) -> Container:
    """A web server for these ports, the one for traffic first, each with its protocol; without ports one that does nothing.

    `own_image` is a copy of the public image, where ECR Public cannot be reached. A container is checked on the health
    check's own port and by its own protocol, so it must answer there too.
    """
    protocols = dict(ports)
    return Container(
        name=name,
        image=own_image or BOOTSTRAP_IMAGE,
        command=[
            "ruby",
            "-e",
            SERVER if ports else IDLE,
            *(f"{port}:{said}" for port, said in protocols.items()),
        ],
        ports=list(protocols),
        init_process=True,
        stop_timeout_seconds=2,
    )
