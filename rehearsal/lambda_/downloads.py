"""Functions' packages, read at the addresses that GetFunction gives (lambda/latest/api/API_GetFunction.md)."""

from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.links import Links
from rehearsal.endpoint.operations import Operations
from rehearsal.endpoint.request import Request
from rehearsal.endpoint.service import Forward
from rehearsal.lambda_.api import LambdaApi
from rehearsal.lambda_.kinds import stored
from rehearsal.lambda_.service import Functions
from rehearsal.world.cloud import Cloud

VALID = 600.0
"""Real seconds that an address is good for: "valid for 10 minutes"."""


class LambdaEndpoint(Operations):
    """Lambda's API, and the reading of packages without a signature of one's own."""

    def __init__(self, cloud: Cloud, functions: Functions) -> None:
        """Answer for these functions of a cloud."""
        self._cloud = cloud
        self._links = Links("/lambda-packages/", VALID)
        api = LambdaApi(functions, lambda sha256: self._links.give(cloud.endpoint, sha256))
        super().__init__(api, model="lambda", place=cloud.place)

    def speaks(self, path: str) -> bool:
        """An address of a package."""
        return self._links.holds(path)

    async def unsigned(self, request: Request, realm: str, forward: Forward) -> Answer:
        """The package, to whoever has its address."""
        del realm, forward
        found = self._links.named(request.path) if request.method == "GET" else None
        if found is None:
            return Answer(403, {"content-type": "text/plain"}, b"AccessDenied")
        return Answer(200, {"content-type": "application/zip"}, stored(self._cloud, found[0]).read_bytes())
