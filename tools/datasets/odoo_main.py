"""What the front door sends into `odoo shell`; answers in lines of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from tools.datasets import cdnow
from tools.datasets.odoo_loader import Loader
from tools.datasets.odoo_opportunities import create_opportunities
from tools.datasets.odoo_records import Env
from tools.errors import ToolError


def run(
    env: Env, *, file: str, as_of: str | None, reshift: bool, opportunities: bool
) -> None:
    """Load a data file and tell what happened: progress…, then result or error."""
    try:
        purchases = cdnow.read(Path(file))
        last_day = date.fromisoformat(as_of) if as_of else cdnow.LAST_DAY
        loader = Loader(
            env,
            purchases,
            last_day,
            commit=env.cr.commit,
            progress=lambda text: _say(progress=text),
        )
        loaded = asdict(loader.run(reshift=reshift))
        loaded["opportunities"] = 0
        if opportunities:
            loaded["opportunities"] = create_opportunities(env, purchases, last_day)
            env.cr.commit()
    except ToolError as error:
        _say(error=str(error))
    else:
        _say(result=loaded)


def _say(**line: Any) -> None:
    print(json.dumps(line), flush=True)
