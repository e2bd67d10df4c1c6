"""The grounds on which a number's use is suspended, in law and in words. No legal advice.

Codes are words and never change; articles do, so what is said of them bears a date.
"""

from dataclasses import dataclass

from dncd_client.ctl.codes import Text

AS_OF = "2026-11-23"
"""The date on which the facts below were gathered."""

APPI: Text = ("Act on the Protection of Personal Information", "個人情報保護法")
SCTA: Text = ("Act on Specified Commercial Transactions", "特定商取引法")

NOTES: tuple[Text, ...] = (
    (
        "Articles are those of the consolidation of 2 November 2026. An amendment promulgated on "
        "17 July 2026 comes into force within two years of that day.",
        "条番号は 2026 年 11 月 2 日時点の条文によります。2026 年 7 月 17 日公布の改正法は、公布から "
        "2 年以内に施行されます。",
    ),
    (
        "An entry without purposes holds for every purpose. Japan has no national do-not-call "
        "registry: what is listed here is what people said to the company or its clients.",
        "利用目的のない登録は、すべての目的に効きます。日本に公的な架電拒否登録簿はありません。"
        "ここに載るのは、本人が会社や委託元に伝えた内容です。",
    ),
)


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground.

    Attributes:
        law: The law; None where no law is the ground.
        articles: Its articles; "" where there is none.
        meaning: What it stands for.
        needs: What should be kept with it, so that it can be shown.
    """

    law: Text | None
    articles: str
    meaning: Text
    needs: Text


GROUNDS: dict[str, Ground] = {
    "beyond_purpose": Ground(
        APPI,
        "35(1), 18, 19",
        (
            "used beyond the purpose that was stated, or improperly",
            "目的外の利用、または不適正な利用",
        ),
        ("the campaign and its purpose", "キャンペーンとその利用目的"),
    ),
    "improper_acquisition": Ground(
        APPI,
        "35(1), 20",
        ("acquired improperly", "不適正な取得"),
        ("the source of the number", "番号の出所"),
    ),
    "unlawful_provision": Ground(
        APPI,
        "35(3), 27(1), 28",
        (
            "provided unlawfully to a third party",
            "第三者への違法な提供",
        ),
        ("the record of what was provided to whom", "第三者提供の記録"),
    ),
    "no_longer_needed": Ground(
        APPI,
        "35(5)",
        ("no longer needed", "利用する必要がなくなった"),
        ("the end of the purpose", "利用目的が終わった日"),
    ),
    "breach": Ground(
        APPI,
        "35(5), 26",
        (
            "a breach happened that has to be reported",
            "報告の対象となる漏えい等が起きた",
        ),
        ("the id of the breach", "漏えい等の管理番号"),
    ),
    "rights_or_interests": Ground(
        APPI,
        "35(5)",
        (
            "rights or legitimate interests may be harmed, as by contact that goes on after the "
            "person asked to stop (PPC Q&A 9-21)",
            "本人の権利または正当な利益が害されるおそれ（停止を求めた後も連絡が続く場合など。"
            "個人情報保護委員会 Q&A 9-21）",
        ),
        (
            "the date of the first request and of contacts after it",
            "最初の申出日と、その後の連絡の記録",
        ),
    ),
    "voluntary": Ground(
        None,
        "",
        (
            "no ground in law, but honoured all the same (complaints, APPI 40; PPC Q&A 9-21)",
            "法律上の根拠はないが、申出に応じる（苦情の処理、個人情報保護法 40 条。個人情報保護"
            "委員会 Q&A 9-21）",
        ),
        ("when and how the person asked", "申出の日時と方法"),
    ),
    "tokushoho_17": Ground(
        SCTA,
        "17",
        (
            "the person does not want this contract: no more solicitation for it. To say "
            '"do not call again" or to hang up again and again is enough. Surveys are not meant: '
            "use voluntary or rights_or_interests",
            "契約を結ばない意思を示した人への再勧誘の禁止。「もう電話しないで」という言葉や、"
            "繰り返しの切電でも足りる。調査の電話は対象外（voluntary か rights_or_interests を"
            "使う）",
        ),
        (
            "when, and what was said or done",
            "日時と、どのような言葉・対応だったか",
        ),
    ),
}
