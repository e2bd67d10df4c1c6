"""Explain the ground codes."""

from typing import Any

import click

from dncd_client.ctl import exit_codes
from dncd_client.ctl.codes import Text
from dncd_client.ctl.grounds import AS_OF, GROUNDS, NOTES, Ground
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.messages import LANGUAGES, Catalogue
from dncd_client.ctl.output import print_json, print_line, print_table
from dncd_client.ctl.settings import common_options, settings_of


@click.command(
    epilog=epilog(
        "dncctl grounds",
        "dncctl grounds tokushoho_17 --lang ja",
        "dncctl load acme/suspended requests.csv --ground no_longer_needed",
    )
)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@common_options
@click.pass_context
def grounds(context: click.Context, codes: tuple[str, ...]) -> int:
    """Explain the codes that --ground takes: the law behind each, and what to keep with it.

    Asks no server. The facts bear a date; they are no legal advice.
    """
    settings = settings_of(context)
    for code in codes:
        if code not in GROUNDS:
            text = settings.texts.line("ground_unknown", code=code, known=", ".join(GROUNDS))
            raise click.UsageError(text)
    shown = {code: GROUNDS[code] for code in codes or GROUNDS}
    if settings.json:
        print_json(
            {
                "as_of": AS_OF,
                "legal_advice": False,
                "grounds": [_view(code, ground) for code, ground in shown.items()],
                "notes": [_both(each) for each in NOTES],
            }
        )
    else:
        _show(shown, settings.texts)
    return exit_codes.FINE


def _view(code: str, ground: Ground) -> dict[str, Any]:
    return {
        "code": code,
        "law": _both(ground.law) if ground.law else None,
        "articles": ground.articles or None,
        "meaning": _both(ground.meaning),
        "needs": _both(ground.needs),
    }


def _both(text: Text) -> dict[str, str]:
    return dict(zip(LANGUAGES, text, strict=True))


def _show(shown: dict[str, Ground], texts: Catalogue) -> None:
    print_line(texts.line("grounds_head", as_of=AS_OF))
    heads = ("col_ground", "col_law", "col_meaning", "col_needs")
    print_table(
        [texts.line(each) for each in heads],
        [
            (code, _law(ground, texts), texts.pick(ground.meaning), texts.pick(ground.needs))
            for code, ground in shown.items()
        ],
    )
    print_line()
    for note in NOTES:
        print_line(texts.pick(note))


def _law(ground: Ground, texts: Catalogue) -> str:
    return f"{texts.pick(ground.law)} {ground.articles}" if ground.law else texts.line("no_law")
