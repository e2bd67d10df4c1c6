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
    "BATCH_ID_TAKEN": Fault(
        "バッチ ID「{batch_id}」は別の内容で使われています。新しい --batch-id を付けてください",
        is_whole=True,
    ),
    "BATCH_NOT_FOUND": Fault("そのバッチはありません。バッチ ID を確かめてください"),
    "BATCH_TOO_LARGE": Fault("一度に問い合わせる番号が多すぎます。分けて送ってください"),
    "BATCH_UNDER_WAY": Fault(
        "同じ ID のバッチを処理中です。結果が出るまで待ってください", is_whole=True
    ),
    "BEHIND_TOKEN": Fault(
        "このノードはまだトークンの版に追いついていません。少し待って再実行してください"
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
    "PART_TOO_LARGE": Fault("一度に送るデータが大きすぎます。分けて送ってください"),
    "POLICY_INVALID": Fault("方針に誤りがあります。次の項目を直してください"),
    "POLICY_MOVED": Fault(
        "方針がその間に変更されました。もう一度内容を確かめてから再実行してください"
    ),
    "STARTING": Fault("ノードは台帳を読み込み中です。少し待って再実行してください", is_whole=True),
    "TOO_MANY_CELLS": Fault("一度に読む欄が多すぎます。分けて送ってください"),
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
        "半分を超える行が番号として読めません。列 (--column) と地域 (--region) を確かめてください"
    ),
    "FUTURE_DATED": Fault(
        "公表日が未来です。--published かサーバーの時計を直してください", is_whole=True
    ),
    "TOO_LARGE": Fault("ファイルが大きすぎます。分割するか、運用担当者に上限を相談してください"),
    "ROW_COUNT": Fault("行数が申告と違います。ファイルが揃っているか確かめてください"),
}

ANY_FIELD = "値を直すか、外してください"
_LATER = "この版の dncd では使えないか、値に誤りがあります。外すか直してください"
_TEXT = "長すぎるか、制御文字があります。直してください"
_NAME = "名前は英小文字・数字・「.」「_」「-」で 64 字以内、「/」は一つまでです"
_REGION = "ISO 3166 の大文字 2 字（例: JP）で指定してください"
_COUNTRIES = "ISO 3166 の大文字 2 字（例: JP）で、重複なく指定してください"
_LISTS = "このキャンペーンが使える、定義済みのリストを重複なく指定してください"
FIELDS: Mapping[str, str] = {
    "header.batch_id": "ID は英数字と「.」「_」「:」「-」で 64 字以内です",
    "header.list": _NAME,
    "header.mode": "この版の dncd では add だけ使えます",
    "header.region": _REGION,
    "header.attributes.effective_unix_us": _LATER,
    "header.attributes.expires_unix_us": _LATER,
    "header.attributes.purposes": _LATER,
    "header.base_batch_id": _LATER,
    "header.base_published_unix_us": _LATER,
    "header.attributes.ground": _TEXT,
    "header.attributes.requester": _TEXT,
    "header.attributes.reference": _TEXT,
    "header.attributes.source": _TEXT,
    "header.reason": _TEXT,
    "header.published_date": "登録簿 (registry) だけに、YYYY-MM-DD の形で一つだけ指定できます",
    "header.coverage": "登録簿 (registry) だけに、国番号から始まる数字（例: 1202）で指定できます",
    "header.mends": "同じリストのバッチを指定し、--published と --coverage は外してください",
    "campaign": _NAME,
    "region": _REGION,
    "at_least": "dncd の応答にあったトークンをそのまま指定してください",
    "numbers": "番号を一つ以上指定してください",
    "lists": _NAME,
    "lists.kind": "この版の dncd で使える種別にしてください。作成後は変えられません",
    "lists.title": _TEXT,
    "lists.contact": _TEXT,
    "lists.layout": "dncd が読める形式の名前を指定してください",
    "lists.countries": _COUNTRIES,
    "lists.prefixes": "国番号から始まる 1～15 桁の数字（例: 8190）で指定してください",
    "lists.tz": "時間帯の名前（例: Asia/Tokyo）で指定してください",
    "lists.max_age": "登録簿 (registry) だけに、上限の範囲で指定できます",
    "lists.starts_empty": "do_not_contact と suspended_use だけに指定できます",
    "lists.shadow": _LATER,
    "lists.confidential": _LATER,
    "lists.shown_as": _LATER,
    "lists.growth_limit": _LATER,
    "lists.release_limit": _LATER,
    "campaigns": _NAME,
    "campaigns.title": _TEXT,
    "campaigns.purpose": "purposes にある目的を指定してください",
    "campaigns.countries": _COUNTRIES,
    "campaigns.block": _LISTS,
    "campaigns.except": _LISTS,
    "campaigns.opt_out": "このキャンペーンを止めるリストを指定してください",
    "campaigns.lift": _LATER,
    "campaigns.require": _LATER,
    "purposes": "256 バイト以内で、前後の空白と重複を除いてください",
    "prune_prefix": "「acme/」のように CLIENT/ の形で指定してください",
}
