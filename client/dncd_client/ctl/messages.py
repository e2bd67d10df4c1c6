"""What dncctl says to people, in English and Japanese."""

import os
from collections.abc import Mapping

from dncd_client.ctl.codes import FLAGS, Text

LANGUAGES = ("en", "ja")
_ENVIRONMENT = ("DNCCTL_LANG", "LC_ALL", "LC_MESSAGES", "LANG")

LINES: Mapping[str, Text] = {
    "interrupted": ("interrupted", "中断しました"),
    "unreachable": (
        "cannot get an answer from {server}: {detail}",
        "{server} から応答がありません: {detail}",
    ),
    "unreachable_mend": (
        "Is the daemon running? Name its control plane with --server or DNCCTL_SERVER.",
        "デーモンは動いていますか。制御用アドレスは --server か DNCCTL_SERVER で指定します。",
    ),
    "unimplemented_mend": (
        "Is this the control plane, and a daemon as new as this program?",
        "制御用アドレスですか。デーモンはこのプログラムと同じ版ですか。",
    ),
    "not_permitted": ("not permitted: {detail}", "権限がありません: {detail}"),
    "error": ("{detail}", "{detail}"),
    "server_said": ("the server says: {text}", "サーバーの説明: {text}"),
    "request_id": ("request id: {request_id}", "リクエスト ID: {request_id}"),
    "not_ready": ("the node is not ready", "ノードの準備ができていません"),
    "no_tz": (
        "the list {list} names no time zone (tz), so {option} needs a full time such as "
        "2026-12-31T00:00:00+09:00",
        "リスト {list} に時間帯 (tz) がないため、{option} は 2026-12-31T00:00:00+09:00 "
        "のような時刻で指定してください",
    ),
    "no_region_tz": (
        "the time zone is not known here, so {option} needs a full time such as "
        "2026-12-31T00:00:00+09:00",
        "時間帯が分からないため、{option} は 2026-12-31T00:00:00+09:00 のような時刻で"
        "指定してください",
    ),
    "bad_time": (
        "{option}: {value!r} is neither a date (2026-12-31) nor a time (2026-12-31T09:00:00+09:00)",
        "{option}: {value!r} は日付 (2026-12-31) でも時刻 (2026-12-31T09:00:00+09:00) でも"
        "ありません",
    ),
    "actor_ascii": (
        "the actor may hold printable ASCII only",
        "操作者名 (actor) は ASCII 文字だけで指定してください",
    ),
    "list_created": (
        "list {name} created at version {version}",
        "リスト {name} を作成しました（版 {version}）",
    ),
    "no_lists": ("no lists yet", "リストはまだありません"),
    "no_changes": (
        "nothing changes: this policy is in force already",
        "変更はありません（すでに有効です）",
    ),
    "dry_run": ("dry run: nothing was changed", "試行のみ: 何も変更していません"),
    "applied": ("applied at version {version}", "適用しました（版 {version}）"),
    "opens": (
        "OPENS: numbers blocked before may be dialled",
        "開放: 止まっていた番号に架電できるようになります",
    ),
    "unused_lists": (
        "no campaign uses, so nobody is blocked by: {lists}",
        "どのキャンペーンも使っておらず、誰も止めないリスト: {lists}",
    ),
    "apply_held": (
        "nothing is changed yet: this opens, so another person has to approve it",
        "まだ何も変更していません。番号を開放する変更のため、別の担当者の承認が必要です",
    ),
    "the_policy": ("policy", "方針"),
    "held_for": (
        "it waits for another person than the one who proposed it, who looks at it and says:",
        "提案者以外の担当者が、内容を確かめてから次のどちらかを実行してください:",
    ),
    "held_approve": ("dncctl approve {batch_id}", "dncctl approve {batch_id}"),
    "held_reject": (
        "dncctl reject {batch_id} --reason TEXT",
        "dncctl reject {batch_id} --reason 理由",
    ),
    "batch_by": (
        "{mode}, proposed by {actor} ({proof})",
        "{mode}、提案者 {actor}（{proof}）",
    ),
    "batch_reason": ("reason: {reason}", "理由: {reason}"),
    "batch_reverts": (
        "batch {batch_id} undoes batch {reverts}",
        "バッチ {batch_id} がバッチ {reverts} を取り消します",
    ),
    "batch_approved": ("approved by {actor}", "承認者 {actor}"),
    "approve_ask": ("Put this in force?", "この内容を有効にしますか。"),
    "approve_not": ("not approved: it still waits", "承認していません（引き続き承認待ちです）"),
    "approve_moved": (
        "it has moved since. This is the new difference; to approve it, run the command again:",
        "その間に変更がありました。新しい差分は次のとおりです。承認するには、もう一度実行して"
        "ください:",
    ),
    "waived": (
        "the rows that could not be read are given up; nobody is blocked by them",
        "読めない行の取り込みを断念しました。これらの行では誰も止まりません",
    ),
    "override_on": (
        "{list} is let through although it is too old, until {until} (version {version}); every "
        "verdict that rests on it says STALE_ALLOWED",
        "{list} は古くても {until} まで許可されます（版 {version}）。これに基づく回答には "
        "STALE_ALLOWED と表示されます",
    ),
    "override_off": (
        "{list} is no longer let through once it is too old (version {version})",
        "{list} の一時的な許可を終わりました（版 {version}）",
    ),
    "override_none": ("nothing changes", "変更はありません"),
    "override_held": (
        "{list} is not let through yet: another person has to approve it",
        "{list} はまだ許可されていません。別の担当者の承認が必要です",
    ),
    "override_when": (
        "name --until T or --end, and not both",
        "--until と --end のどちらか一方を指定してください",
    ),
    "stop_in_force": (
        "in force on {list} from version {version}: {taken} blocked, {added} of them new",
        "{list} で有効になりました（版 {version}）: 停止 {taken} 件、うち新規 {added} 件",
    ),
    "stop_batch": ("batch {batch_id}, token {token}", "バッチ {batch_id}、トークン {token}"),
    "stop_not_read": (
        "NOT blocked: number {position}, {number!r}, could not be read ({code}: {meaning})",
        "止まっていません: {position} 番目の番号 {number!r} を読めません（{code}: {meaning}）",
    ),
    "stop_unsure": (
        "nobody said that it is in force ({detail}); it may be. Run the same command again with "
        "--request-id {request_id}: it is never taken twice. Until then, do not call.",
        "有効になったという応答がありません（{detail}）。受け付けられた可能性はあります。同じ"
        "コマンドを --request-id {request_id} を付けて再実行してください。二重に受け付けられる"
        "ことはありません。それまで架電しないでください。",
    ),
    "stop_whose": (
        "name --campaign or --client, and not both",
        "--campaign と --client のどちらか一方を指定してください",
    ),
    "grounds_head": (
        "ground codes; legal facts as of {as_of}; no legal advice",
        "根拠コード（法令の内容は {as_of} 現在。法的助言ではありません）",
    ),
    "ground_unknown": (
        "no such ground: {code}; known: {known}",
        "そのような根拠コードはありません: {code}（使えるもの: {known}）",
    ),
    "batch_id": ("batch {batch_id}", "バッチ {batch_id}"),
    "load_state": ("{list}: {state} ({meaning})", "{list}: {state}（{meaning}）"),
    "load_rows": (
        "rows: {read} read, {accepted} accepted, {duplicate} duplicate, {rejected} rejected",
        "行数: 読込 {read}、採用 {accepted}、重複 {duplicate}、不可 {rejected}",
    ),
    "load_numbers": (
        "numbers: {added} added, {removed} removed, {unchanged} unchanged",
        "番号: 追加 {added}、削除 {removed}、変更なし {unchanged}",
    ),
    "load_released": (
        "released: {released} (may be dialled where they could not before)",
        "開放: {released} 件の番号に、これまでできなかった架電ができるようになります",
    ),
    "load_releases": (
        "if that is what you mean, say so: --releases {released}",
        "そのつもりであれば --releases {released} を付けてください",
    ),
    "load_mend_rows": (
        "where a date or another attribute is wrong, mend the row in your own file instead, and "
        "load these rows, under their heads, with --mends {batch_id}",
        "日付やその他の属性に誤りのある行は、代わりに元のファイルで直し、見出しとその行だけを "
        "--mends {batch_id} を付けて読み込んでください",
    ),
    "load_waive_then": (
        "once these rows are dealt with, or nobody can: dncctl waive {batch_id} --reason TEXT",
        "対処が済んだら、または直せない場合: dncctl waive {batch_id} --reason 理由",
    ),
    "load_waive": (
        "or, where nobody can mend them: dncctl waive {batch_id} --reason TEXT",
        "直せない場合: dncctl waive {batch_id} --reason 理由",
    ),
    "progress_rows": ("{read} rows, {rejected} rejected", "{read} 行、不可 {rejected}"),
    "load_version": ("version {version}, token {token}", "版 {version}、トークン {token}"),
    "load_region": ("read as: {region}", "読み取り地域: {region}"),
    "load_rejects": ("rejected rows are in {file}", "読めない行は {file} に書き出しました"),
    "load_rejects_again": (
        "its rejected rows are still open and did not come again: to get them, load the file again "
        "with --dry-run",
        "読めない行が残っています（今回は書き出していません）。書き出すには --dry-run を付けて"
        "もう一度読み込んでください",
    ),
    "load_mend": (
        "mend the column raw in that file and load it: {command}",
        "そのファイルの raw 列を直して読み込んでください: {command}",
    ),
    "flag": ("{flag}: {meaning}", "{flag}: {meaning}"),
    "load_refused": ("{reason}: {message}", "{reason}: {message}"),
    "load_refused_line": ("{reason}, line {line}: {message}", "{reason}、{line} 行目: {message}"),
    "load_broken": (
        "the upload broke off ({detail}); it may have been taken. Repeat the same command with "
        "--batch-id {batch_id}: the batch is never taken twice.",
        "アップロードが途切れました（{detail}）。受け付けられた可能性があります。同じコマンドを "
        "--batch-id {batch_id} を付けて再実行してください。二重に受け付けられることはありません。",
    ),
    "load_stalled": ("nothing moved for {seconds} s", "{seconds} 秒間進みませんでした"),
    "load_no_report": ("the server sent no report", "サーバーから結果の報告がありません"),
    "load_file_changed": (
        "{file} changed while it was being read, so nothing was sent to the end. Write files under "
        "another name and rename them when complete.",
        "{file} が読み込み中に変更されたため中止しました。別名で書き終えてから改名してください。",
    ),
    "rejects_failed": (
        "the rejected rows could not be written: {detail}",
        "読めない行を書き出せませんでした: {detail}",
    ),
    "normalize_fallback": (
        "{server} cannot be reached: read by this program's own rules (normaliser {version}, "
        "region {region})",
        "{server} に接続できないため、このプログラムの規則で読みました（normaliser {version}、"
        "地域 {region}）",
    ),
    "normalize_count": (
        "the server answered {answered} of {asked} cells",
        "サーバーの回答数が合いません（{asked} 件中 {answered} 件）",
    ),
    "list_count": (
        "the server answered {answered} lists for {name}",
        "リスト {name} についてサーバーが {answered} 件を回答しました",
    ),
    "policy_utf8": (
        "{file}: a policy file is UTF-8",
        "{file}: 方針ファイルは UTF-8 で保存してください",
    ),
    "check_nothing": (
        "no number was given: standard input held none",
        "番号がありません（標準入力が空です）",
    ),
    "reject_unknown": ("not known to this version", "この版では未知の理由です"),
    "status_head": (
        "version {version}, {readiness}, lists: {lists}",
        "版 {version}、{readiness}、リスト: {lists}",
    ),
    "ready": ("ready", "準備完了"),
    "unready": ("NOT READY", "準備未完了"),
    "status_calm": ("nothing needs a person", "対応が必要なものはありません"),
    "never": ("never", "期限なし"),
    "undated": ("undated", "日付なし"),
    "stale": ("stale", "期限切れ"),
    "col_list": ("list", "リスト"),
    "col_kind": ("kind", "種別"),
    "col_title": ("title", "名称"),
    "col_numbers": ("numbers", "件数"),
    "col_published": ("published", "公表日"),
    "col_stale_at": ("stale at", "期限"),
    "col_prefix": ("prefix", "範囲"),
    "col_attention": ("needs a person", "要対応"),
    "what_to_do": ("what to do:", "対応方法:"),
    "col_ground": ("ground", "根拠"),
    "col_law": ("law", "法令"),
    "col_needs": ("keep with it", "残すもの"),
    "no_law": ("none", "なし"),
    "col_meaning": ("meaning", "意味"),
    "col_number": ("number", "番号"),
    "col_decision": ("decision", "可否"),
    "col_action": ("action", "対応"),
    "col_reasons": ("reasons", "理由"),
    "col_change": ("change", "変更"),
    "col_object": ("object", "対象"),
    "col_fields": ("fields", "項目"),
    "col_name": ("key", "項目"),
    "col_value": ("value", "値"),
    "col_batch": ("batch", "バッチ"),
    "col_count": ("count", "件数"),
    "check_basis": (
        "version {version}, at {at}, token {token}",
        "版 {version}、時点 {at}、トークン {token}",
    ),
    "policy_head": (
        "policy of version {version}, region {region}",
        "版 {version} の方針、地域 {region}",
    ),
}


class Catalogue:
    """The lines of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._index = LANGUAGES.index(language)

    def line(self, key: str, **values: object) -> str:
        """Return the line of a key with its values put in."""
        return self.pick(LINES[key]).format(**values)

    def pick(self, text: Text) -> str:
        """Return a text in the language."""
        return text[self._index]

    def flag(self, flag: str) -> str:
        """Return the line of a batch's or a change's mark."""
        return self.line("flag", flag=flag, meaning=self.meaning(FLAGS, flag))

    def meaning(self, codes: Mapping[str, Text], code: str) -> str:
        """Return what a code means; the code itself where this version does not know it."""
        known = codes.get(code)
        return self.pick(known) if known else code


def choose_language(asked: str | None) -> str:
    """Choose English or Japanese by `--lang`, else by the environment, else English."""
    for value in (asked, *(os.environ.get(name) for name in _ENVIRONMENT)):
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"
