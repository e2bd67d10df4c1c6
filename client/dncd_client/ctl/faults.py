"""What the server's reasons mean, in Japanese; in English the server's own words are shown.

The key is the stable reason, never the text, so that the server's words are free to change.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What one reason means and how to mend it.

    Attributes:
        text: The sentence; a name in braces is put in from what the server said beside the reason.
        is_whole: Whether the server's own words hold no more than this.
    """

    text: str
    is_whole: bool = False

    def told(self, values: Mapping[str, str]) -> str:
        """Return the sentence with its values put in."""
        return self.text.format_map(_Values(values))


class _Values(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


ERRORS: Mapping[str, Fault] = {
    "ABANDONED": Fault(
        "問い合わせた側が待つのをやめました。もう一度問い合わせてください", is_whole=True
    ),
    "ALREADY_REVERTED": Fault(
        "バッチ「{batch_id}」はすでに取り消されています。元に戻すには、取り消したバッチを "
        "dncctl revert で取り消してください",
        is_whole=True,
    ),
    "BASE_OUT_OF_ORDER": Fault(
        "差分の基準がリストの現在の内容と合いません。間の分を先に読み込むか、全件のファイルを "
        "--mode replace で読み込んでください"
    ),
    "BATCH_ID_TAKEN": Fault(
        "バッチ ID「{batch_id}」は別の内容で使われています。新しい --batch-id を付けてください",
        is_whole=True,
    ),
    "BATCH_NOT_FOUND": Fault("そのバッチはありません。バッチ ID を確かめてください"),
    "BATCH_REVERTED": Fault(
        "この申出は後から取り消されています。新しい --request-id で登録してください", is_whole=True
    ),
    "BATCH_TOO_LARGE": Fault("一度に問い合わせる番号が多すぎます。分けて送ってください"),
    "BATCH_UNDER_WAY": Fault(
        "同じ ID のバッチを処理中です。結果が出るまで待ってください", is_whole=True
    ),
    "BEHIND_TOKEN": Fault(
        "このノードはまだトークンの版に追いついていません。少し待って再実行してください"
    ),
    "BEFORE_LEDGER": Fault(
        "その時点では台帳がまだありません。より後の時点を指定してください", is_whole=True
    ),
    "CAMPAIGN_NEEDED": Fault(
        "キャンペーンを --campaign で指定してください"
        "（リストがクライアント別で、default キャンペーンの定義もありません）",
        is_whole=True,
    ),
    "CAMPAIGN_NOT_FOUND": Fault(
        "キャンペーン「{campaign}」はありません。dncctl apply で定義するか、名前を直してください",
        is_whole=True,
    ),
    "CLIENT_NOT_FOUND": Fault(
        "クライアント「{client}」のリストもキャンペーンもありません。名前を直してください",
        is_whole=True,
    ),
    "CLOCK_BEHIND": Fault(
        "台帳の最新の記録が未来の日時のため、書き込めません。ノードの時計を合わせてください",
        is_whole=True,
    ),
    "DRAINING": Fault("ノードは停止処理中です。別のノードに問い合わせてください", is_whole=True),
    "EPOCH_MISMATCH": Fault(
        "トークンは別の台帳の履歴のものです。--at-least を外して問い合わせ直してください",
        is_whole=True,
    ),
    "HEADER_INVALID": Fault("指定に誤りがあります。次の項目を直してください"),
    "INGEST_FAILED": Fault(
        "ファイルを最後まで読めませんでした。何も変更していません。もう一度送ってください",
        is_whole=True,
    ),
    "INTERNAL": Fault(
        "サーバー内部の誤りです。リクエスト ID を運用担当者に伝えてください", is_whole=True
    ),
    "INVALID_ARGUMENT": Fault("指定に誤りがあります。次の項目を直してください"),
    "LEDGER_BUSY": Fault(
        "台帳への書き込みが混み合っています。もう一度送ってください", is_whole=True
    ),
    "LEDGER_OUT_OF_REACH": Fault(
        "台帳に接続できません。少し待って再実行してください", is_whole=True
    ),
    "LEDGER_UNUSABLE": Fault(
        "ノードが台帳を使えません。ノードのログを確かめてください", is_whole=True
    ),
    "LIST_IN_USE": Fault(
        "リスト「{list}」はキャンペーン「{campaign}」で使われています。"
        "先にキャンペーンを変更してください",
        is_whole=True,
    ),
    "ASKED_SINCE": Fault(
        "提案の後に、同じ番号の登録がありました。却下して、その番号を除いて提案し直してください"
    ),
    "LIST_MOVED": Fault(
        "リストがその間に変わりました。新しい差分を確かめてから、もう一度承認してください"
    ),
    "LIST_NOT_FOUND": Fault(
        "リスト「{list}」はありません。dncctl list create で作成するか、名前を直してください",
        is_whole=True,
    ),
    "LIST_RECREATED": Fault(
        "バッチ「{batch_id}」は、削除された同名のリスト「{list}」のものです。"
        "新しい --batch-id を付けてください",
        is_whole=True,
    ),
    "MALFORMED": Fault("要求を読み取れませんでした。dncctl とデーモンの版を確かめてください"),
    "NAME_TAKEN": Fault("「{name}」はすでにあります。別の名前にしてください", is_whole=True),
    "NOTHING_TO_WAIVE": Fault("バッチ「{batch_id}」に読めない行は残っていません", is_whole=True),
    "NOT_HELD": Fault(
        "「{batch_id}」は承認待ちではありません。状態は dncctl status で確かめてください",
        is_whole=True,
    ),
    "NOT_REVERTIBLE": Fault(
        "このバッチは取り消せません。有効でないか、リストが削除されています。承認待ちのものは "
        "dncctl reject で終わらせてください"
    ),
    "NO_OPT_OUT_LIST": Fault(
        "申出の書き込み先がありません。方針のキャンペーンに opt_out を指定してください"
    ),
    "NUMBERS_UNREADABLE": Fault(
        "読める番号が一つもないため、何も登録していません。次の番号を直してください"
    ),
    "OPT_OUT_UNDER_WAY": Fault(
        "まだ有効になっていません。同じ --request-id でもう一度送って結果を確かめてください",
        is_whole=True,
    ),
    "OVERRIDE_INVALID": Fault("一時許可の指定に誤りがあります。次の項目を直してください"),
    "OVERRIDE_OVER": Fault(
        "この一時許可は期限を過ぎています。却下してから、新しく申請してください", is_whole=True
    ),
    "PART_TOO_LARGE": Fault("一度に送るデータが大きすぎます。分けて送ってください"),
    "POLICY_INVALID": Fault("方針に誤りがあります。次の項目を直してください"),
    "POLICY_MOVED": Fault(
        "方針がその間に変更されました。もう一度内容を確かめてから再実行してください"
    ),
    "SAME_PERSON": Fault("提案者本人は承認できません。別の担当者が承認してください", is_whole=True),
    "SOURCE_NOT_FOUND": Fault("出所「{source}」はありません。名前を直してください", is_whole=True),
    "STARTING": Fault("ノードは台帳を読み込み中です。少し待って再実行してください", is_whole=True),
    "TOO_MANY_CELLS": Fault("一度に読む欄が多すぎます。分けて送ってください"),
    "TOO_MANY_OPT_OUTS": Fault(
        "処理中の申出が多すぎます。少し待って、もう一度送ってください", is_whole=True
    ),
    "UPLOAD_CUT_SHORT": Fault(
        "アップロードが途中で切れました。何も変更していません。もう一度送ってください"
    ),
    "UPLOAD_STALLED": Fault(
        "アップロードが長く止まったため中止されました。何も変更していません。もう一度送ってください"
    ),
}

REFUSALS: Mapping[str, Fault] = {
    "EMPTY": Fault("番号の行がありません。ファイルを書き出し直してください"),
    "TRUNCATED": Fault("ファイルが途中で切れています。書き出しまたは転送をやり直してください"),
    "ENCODING": Fault(
        "文字コードが合っていません。--encoding（cp932、utf-8 など）で指定するか、"
        "書き出し直してください"
    ),
    "LAYOUT": Fault(
        "行の形式を読み取れません。CSV で保存し、番号の列を --column で指定してください"
    ),
    "LINE_TOO_LONG": Fault("行が長すぎます。番号のリストかどうか確かめてください"),
    "MOSTLY_UNREADABLE": Fault(
        "半分を超える行が読めません。列 (--column)、地域 (--region)、日付などの属性を確かめてください"
    ),
    "FUTURE_DATED": Fault(
        "公表日が未来です。--published かサーバーの時計を直してください", is_whole=True
    ),
    "TOO_LARGE": Fault("ファイルが大きすぎます。分割するか、運用担当者に上限を相談してください"),
    "WRONG_COUNTRY": Fault(
        "番号の多くがこのリストの対象国のものではありません。地域 (--region) とリストを"
        "確かめてください"
    ),
    "UNREADABLE_ROWS": Fault(
        "読めない行があるため、全体を受け付けませんでした。行を直してから、もう一度"
        "ファイル全体を読み込んでください"
    ),
    "MOSTLY_RELEASES": Fault(
        "リストの大半を開放する内容です。別のリストのファイルかもしれません。--dry-run で"
        "確かめてください"
    ),
    "WRONG_COVERAGE": Fault(
        "番号の多くが --coverage で申告された範囲の外にあります。範囲とファイルを確かめてください"
    ),
    "TOO_MANY_TERMS": Fault(
        "開始・期限・利用目的の組み合わせが多すぎます。ファイルを分けてください"
    ),
    "ROW_COUNT": Fault("行数が申告と違います。ファイルが揃っているか確かめてください"),
}

ANY_FIELD = "値を直すか、外してください"
_TEXT = "長すぎるか、制御文字があります。直してください"
_NAME = "名前は英小文字・数字・「.」「_」「-」で 64 字以内、「/」は一つまでです"
_REGION = "ISO 3166 の大文字 2 字（例: JP）で指定してください"
_COUNTRIES = "ISO 3166 の大文字 2 字（例: JP）で、重複なく指定してください"
_LISTS = "このキャンペーンが使える、定義済みのリストを重複なく指定してください"
_DATE = "2026-12-31 または 2026-12-31T09:00（必要なら末尾に +09:00）の形で指定してください"
_PURPOSES = "方針の purposes にある目的を、重複なく指定してください（登録簿には指定できません）"
_GROUND = "dncctl grounds にある根拠コードを指定してください"
_REQUESTER = "self、agent、legal_representative のどれかを指定してください"
_REASON = "理由を 256 バイト以内で指定してください"
_CONFIDENTIAL = "秘匿リスト (confidential) だけに、必要な値を指定してください"
_LIMIT = "0 以上の整数で指定してください"
FIELDS: Mapping[str, str] = {
    "header.batch_id": "ID は英数字と「.」「_」「:」「-」で 64 字以内です",
    "header.list": _NAME,
    "header.mode": "add、remove、replace、change のどれかを指定してください",
    "header.region": _REGION,
    "header.attributes.effective_unix_us": _DATE,
    "header.attributes.expires_unix_us": _DATE,
    "header.attributes.purposes": _PURPOSES,
    "header.base_batch_id": "--mode change だけに、基準のバッチか公表日のどちらか一つを指定してください",
    "header.base_published_unix_us": "--mode change だけに、基準のバッチか公表日のどちらか一つを指定してください",
    "header.dates.effective": _DATE,
    "header.dates.expires": _DATE,
    "header.dates.review": _DATE,
    "header.dates.asked": _DATE,
    "header.base_published_date": "基準の公表日を YYYY-MM-DD の形で指定してください",
    "header.everything": "--mode replace だけに指定できます",
    "header.expected_releases": "--mode replace だけに指定できます",
    "header.attributes.ground": _GROUND,
    "header.attributes.requester": _REQUESTER,
    "header.attributes.reference": _TEXT,
    "header.attributes.source": _TEXT,
    "header.reason": _REASON,
    "header.published_date": "公表日を YYYY-MM-DD の形で一つだけ指定してください（削除には付けられません）",
    "header.coverage": "登録簿 (registry) か --mode replace だけに、国番号から始まる数字（例: 1202）で指定できます",
    "header.mends": "--mode add で、同じリストのバッチを指定し、--published と --coverage は外してください",
    "request_id": "ID は英数字と「.」「_」「:」「-」で 64 字以内です",
    "client": "クライアント名（「/」の前）を指定し、--campaign と同時に使わないでください",
    "attributes.ground": _GROUND,
    "attributes.requester": _REQUESTER,
    "attributes.reference": _TEXT,
    "attributes.asked_unix_us": _DATE,
    "attributes.review_unix_us": _DATE,
    "dates.asked": _DATE,
    "dates.review": _DATE,
    "reason": _REASON,
    "until_unix_us": "これからの時刻で、72 時間以内を指定してください",
    "list": "名前を直すか、登録簿 (registry) か clearance を指定してください",
    "batch_id": "ID は英数字と「.」「_」「:」「-」で 64 字以内です",
    "revert_id": "ID は英数字と「.」「_」「:」「-」で 64 字以内です",
    "e164": "読める番号を指定してください",
    "campaign": _NAME,
    "region": _REGION,
    "at_least": "dncd の応答にあったトークンをそのまま指定してください",
    "numbers": "読める番号を指定してください",
    "lists": _NAME,
    "lists.kind": "この版の dncd で使える種別にしてください。作成後は変えられません",
    "lists.title": _TEXT,
    "lists.contact": _TEXT,
    "lists.layout": "dncd が読める形式の名前を指定してください",
    "lists.countries": _COUNTRIES,
    "lists.prefixes": "国番号から始まる 1～15 桁の数字（例: 8190）で指定してください",
    "lists.tz": "時間帯の名前（例: Asia/Tokyo）で指定してください",
    "lists.max_age": "登録簿 (registry) と clearance だけに、上限の範囲で指定できます",
    "lists.starts_empty": "do_not_contact と suspended_use だけに指定できます",
    "lists.shadow": "番号を止めるリストだけに指定できます（秘匿リストには指定できません）",
    "lists.confidential": "do_not_contact と suspended_use だけに指定できます",
    "lists.shown_as": "同じクライアントの、秘匿でない do_not_contact のリストを指定してください",
    "lists.confidential_ground": _CONFIDENTIAL,
    "lists.confidential_review": "見直しの日を YYYY-MM-DD の形で指定してください",
    "lists.growth_limit": _LIMIT,
    "lists.release_limit": _LIMIT,
    "campaigns": _NAME,
    "campaigns.title": _TEXT,
    "campaigns.purpose": "purposes にある目的を指定してください",
    "campaigns.countries": _COUNTRIES,
    "campaigns.block": _LISTS,
    "campaigns.except": _LISTS,
    "campaigns.opt_out": "このキャンペーンを止めるリストを指定してください",
    "campaigns.lift": "このキャンペーンを止める登録簿 (registry) と、exemption のリストを組で指定してください",
    "campaigns.require": "使える consent、clearance、origin のリストを重複なく指定してください",
    "sources": _NAME,
    "sources.provider": _TEXT,
    "sources.route": _TEXT,
    "sources.basis": _TEXT,
    "answers": "理由コード（LISTED など）ごとに、短い文を指定してください",
    "purposes": "256 バイト以内で、前後の空白と重複を除いてください",
    "prune_prefix": "「acme/」のように CLIENT/ の形で指定してください",
}
