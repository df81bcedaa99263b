"""Requests that were carried out."""

from equipoise.server.ledger.round_trip import Statement, ask

__all__ = ["carried_out_before"]


def carried_out_before(request_id: str, actor: str) -> bool:
    """Tell whether a request of somebody was carried out: its repetition does nothing, and needs no fresh proof.

    The code that was given with it is used up, and who sends it again because the answer got lost has no other yet.
    """
    asked = Statement("SELECT COUNT(*) FROM ledger_request WHERE request_id = %s AND actor = %s", [request_id, actor])
    (((known,),),) = ask(asked)
    return bool(known)
