"""What the codes mean, in English and Japanese. The codes themselves never change with language."""

from collections.abc import Mapping

Text = tuple[str, str]

REASONS: Mapping[str, Text] = {
    "NODE_BEHIND": (
        "the node has not heard from its ledger for too long",
        "ノードが台帳から長く更新を受けていません",
    ),
    "NUMBER_INVALID": ("not plainly one telephone number", "電話番号として一つに読めません"),
    "NEVER_DIAL": ("a special or emergency number", "緊急通報・特殊番号です"),
    "COUNTRY_NOT_DIALLED": (
        "the campaign does not dial this country",
        "このキャンペーンの対象外の国です",
    ),
    "NO_POLICY": ("the campaign has no list at all", "キャンペーンにリストがありません"),
    "LISTED": ("on a list that blocks", "架電を止めるリストに載っています"),
    "NOT_CLEARED": ("missing from a list that is required", "必要なリストに載っていません"),
    "LIST_EMPTY": ("a list was never loaded", "一度も読み込まれていないリストがあります"),
    "LIST_STALE": ("a list is too old", "リストが古すぎます"),
    "OUT_OF_COVERAGE": ("no list covers this number", "この番号はリストの対象範囲外です"),
    "LIFTED": (
        "a registry's entry is lifted by an exemption",
        "登録簿の掲載が例外により解除されています",
    ),
    "STALE_ALLOWED": (
        "a list that is too old is let through until then",
        "古いリストがその時点まで一時的に許可されています",
    ),
    "ERASED": ("the rows that it rested on were erased", "根拠となった記録は消去されています"),
    "UNAVAILABLE": ("no answer that can be relied on", "信頼できる回答がありません"),
}

ACTIONS: Mapping[str, Text] = {
    "DIAL": ("dial", "架電する"),
    "DROP": ("take the lead out", "リードを外す"),
    "MEND": ("send back to be corrected", "訂正に回す"),
    "RETRY": ("keep, ask again later", "保留し後で再確認"),
}

DECISIONS: Mapping[str, Text] = {"ALLOW": ("ALLOW", "可"), "BLOCK": ("BLOCK", "不可")}

REJECTS: Mapping[str, Text] = {
    "not_a_number": ("there is no number in it", "番号がありません"),
    "letters": ("it contains letters", "文字が含まれています"),
    "too_short": ("digits are missing", "桁が足りません"),
    "too_long": ("there are too many digits", "桁が多すぎます"),
    "invalid_number": ("no number has this form", "存在しない形の番号です"),
    "special_number": ("a special or emergency number", "緊急通報・特殊番号です"),
    "multiple_numbers": (
        "more than one number in one cell: one a row",
        "一つの欄に複数の番号があります（一行に一つにしてください）",
    ),
    "precision_lost": (
        "a spreadsheet rounded it: export the column as text",
        "表計算ソフトで桁が丸められています（列を文字列として書き出してください）",
    ),
    "non_voice": ("a number that carries no voice", "音声通話用の番号ではありません"),
    "invalid_date": (
        "a date or time of the row cannot be read: write 2026-12-31 or 2026-12-31T09:00",
        "日付・時刻を読めません（2026-12-31 か 2026-12-31T09:00 の形で書いてください）",
    ),
    "invalid_attribute": (
        "an attribute of the row is not one: a purpose that is not declared, an unknown ground, no "
        "source",
        "行の属性に誤りがあります（未宣言の利用目的、未知の根拠、出所なしなど）",
    ),
    "encoding_error": (
        "the characters are not in the stated encoding",
        "文字コードが合っていません",
    ),
}

FLAGS: Mapping[str, Text] = {
    "incomplete": (
        "rejected rows are open: mend them, or give them up with dncctl waive",
        "読めない行が残っています（直すか、dncctl waive で断念してください）",
    ),
    "unusual": ("unusually many additions", "追加が通常より多くなっています"),
    "would_hold": (
        "without --dry-run it would wait for another person, because of what it opens",
        "--dry-run を外すと、番号を開放するため別の担当者の承認待ちになります",
    ),
    "unapproved": (
        "this opens without a second person: actors are only declared, so dncd cannot tell two "
        "persons apart",
        "二人目の承認なしに開放します（操作者が自己申告のため、二人であることを確かめられません）",
    ),
    "mostly_releases": (
        "it releases most of what the list held, as a file of another list would",
        "リストの大半を開放します（別のリストのファイルではありませんか）",
    ),
    "confidential": (
        "it is about a confidential list: speak of it to auditors only",
        "秘匿リストに関する変更です（監査担当者以外に話さないでください）",
    ),
    "freshened": (
        "this list now counts as newer than before",
        "このリストは以前より新しいものとして扱われます",
    ),
    "date_kept": (
        "the list keeps its own, older date: an add of so few numbers is no publication; load that with --mode replace",
        "件数が少なく全件データとは認められないため、リストの日付は変わりません（全件は --mode replace で）",
    ),
    "outside_coverage": (
        "some numbers are outside what the file is said to cover",
        "申告された対象範囲外の番号が含まれています",
    ),
    "foreign_numbers": (
        "some numbers belong to countries that this list does not speak of",
        "このリストの対象国以外の番号が含まれています",
    ),
    "read_otherwise": (
        "a campaign that uses this list reads texts in another region",
        "このリストを使うキャンペーンは別の地域として番号を読みます",
    ),
    "unused_list": (
        "no campaign uses this list: it blocks nobody yet",
        "このリストを使うキャンペーンがありません（まだ誰も止めません）",
    ),
    "undated": (
        "no publisher's date was given (--published)",
        "公表日が指定されていません（--published）",
    ),
}

ATTENTION: Mapping[str, Text] = {
    "incomplete": ("rejected rows are open", "読めない行が残っています"),
    "held": ("a change waits for another person", "別の担当者の承認を待つ変更があります"),
    "stale": ("the list is too old", "リストが古くなっています"),
    "overridden": (
        "the list is let through for a time, however old it is",
        "リストが古くても一時的に許可されています",
    ),
    "review_due": (
        "a person should look again: the review date has come",
        "見直しの期日が来ています",
    ),
    "never_loaded": ("the list was never loaded", "一度も読み込まれていません"),
    "clock_behind": (
        "the newest event of the ledger lies in the future: set the clock of the node",
        "台帳の最新の記録が未来の日時です（ノードの時計を合わせてください）",
    ),
    "unused": ("no campaign uses the list", "どのキャンペーンも使っていません"),
}

Remedy = tuple[Text, tuple[str, ...]]
NO_REMEDY: Remedy = (("not known to this version", "この版では未知の項目です"), ())
REMEDIES: Mapping[str, Remedy] = {
    "incomplete": (
        (
            "mend the rejected rows and load them (those of a removal: as another removal), or "
            "give them up",
            "読めない行を直して読み込むか（削除の行は別の削除として）、断念してください",
        ),
        (
            "dncctl load {list} FILE --column raw --mends {batch_id}",
            "dncctl waive {batch_id} --reason TEXT",
        ),
    ),
    "held": (
        (
            "another person than the proposer looks at it and says",
            "提案者以外の担当者が内容を確かめ、次のどちらかを実行してください",
        ),
        ("dncctl approve {batch_id}", "dncctl reject {batch_id} --reason TEXT"),
    ),
    "stale": (
        (
            "load what its publisher gives out now; until then two persons can let it through",
            "最新のものを読み込んでください。それまでは二人で一時的に許可できます",
        ),
        (
            "dncctl load {list} FILE --published DATE",
            "dncctl override {list} --until 24h --reason TEXT",
        ),
    ),
    "overridden": (
        (
            "load what its publisher gives out now; it ends by itself, or before its time",
            "最新のものを読み込んでください。期限で終わりますが、早く終えることもできます",
        ),
        (
            "dncctl load {list} FILE --published DATE",
            "dncctl override {list} --end --reason TEXT",
        ),
    ),
    "review_due": (
        (
            "look at these entries again, and end those that should go",
            "対象の登録を見直し、不要なものを終わらせてください",
        ),
        ("dncctl load {list} FILE --mode remove --reason TEXT",),
    ),
    "never_loaded": (("load it", "読み込んでください"), ("dncctl load {list} FILE",)),
    "unused": (
        (
            "name it in a campaign's block, or delete it",
            "キャンペーンの block に入れるか、削除してください",
        ),
        ("dncctl apply -f policy.toml",),
    ),
    "clock_behind": (
        ("set the clock of the node", "ノードの時計を合わせてください"),
        (),
    ),
}
"""What a person does about it, in words and as commands; placeholders are those of an Attention."""

STAGES: Mapping[str, Text] = {
    "waiting": ("waiting for another upload", "他の取り込みの完了待ち"),
    "receiving": ("receiving", "受信中"),
    "reading": ("reading", "読み取り中"),
}

STATES: Mapping[str, Text] = {
    "ACTIVE": ("in force", "有効"),
    "HELD": ("waits for another person", "別の担当者の承認待ち"),
    "REFUSED": ("refused; nothing changed", "受け付けられませんでした（変更なし）"),
    "PREVIEW": ("dry run; nothing changed", "試行（変更なし）"),
    "REVERTED": ("undone by a later revert", "後の取り消しで無効"),
    "REJECTED": ("rejected by another person; nothing changed", "却下（変更なし）"),
}
