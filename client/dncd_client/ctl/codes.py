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
        "a stale list is let through for now",
        "古いリストが一時的に許可されています",
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
    "encoding_error": (
        "the characters are not in the stated encoding",
        "文字コードが合っていません",
    ),
}

FLAGS: Mapping[str, Text] = {
    "incomplete": (
        "rejected rows are open: mend them and load them with --mends",
        "読めない行が残っています（直して --mends で読み込んでください）",
    ),
    "unusual": ("unusually many additions", "追加が通常より多くなっています"),
    "unapproved": (
        "applied without a second person: actors are only declared",
        "二人目の承認なしに適用されました（操作者は自己申告です）",
    ),
    "freshened": (
        "this list now counts as newer than before",
        "このリストは以前より新しいものとして扱われます",
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
    "held": ("batches wait for another person", "別の担当者の承認を待つバッチがあります"),
    "stale": ("the list is too old", "リストが古くなっています"),
    "never_loaded": ("the list was never loaded", "一度も読み込まれていません"),
    "clock_behind": (
        "the newest event of the ledger lies in the future: set the clock of the node",
        "台帳の最新の記録が未来の日時です（ノードの時計を合わせてください）",
    ),
    "unused": ("no campaign uses the list", "どのキャンペーンも使っていません"),
}

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
}
