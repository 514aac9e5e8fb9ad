"""What Esc ends in the window where nothing nearer wanted the key."""

from qviz.session import Session


def escape(session: Session) -> bool:
    """Give up ranges that are looked for; else end the look at B and the what-ifs. False where there is nothing."""
    if "ranges" in session.progress:
        session.cancel("ranges")
    elif session.what_if or session.showing_baseline:
        session.show_baseline(False)
        session.clear_what_if()
    else:
        return False
    return True
