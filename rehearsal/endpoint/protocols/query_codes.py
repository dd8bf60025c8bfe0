"""The codes that the query protocol has for errors, also where a service that once spoke it speaks another by now."""

from rehearsal.endpoint.models import Model

_FAULT = 500


def query_code(model: Model, code: str) -> str:
    """The code on the wire of an error's shape; another code as it is (Smithy, "awsQueryError trait")."""
    shape = next((one for one in model.error_shapes if one.name == code), None)
    return str((shape.metadata.get("error") or {}).get("code", code)) if shape is not None else code


def query_error(model: Model, code: str, status: int) -> dict[str, str]:
    """The header that tells SDKs the query protocol's code (Smithy, "awsQueryCompatible trait")."""
    if not model.is_query_compatible:
        return {}
    return {"x-amzn-query-error": f"{query_code(model, code)};{fault(status)}"}


def fault(status: int) -> str:
    """Whose fault an error is."""
    return "Receiver" if status >= _FAULT else "Sender"
