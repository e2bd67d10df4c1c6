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
        return LINES[key][self._index].format(**values)

    def flag(self, flag: str) -> str:
        """Return the line of a batch's or a change's mark."""
        return self.line("flag", flag=flag, meaning=self.meaning(FLAGS, flag))

    def meaning(self, codes: Mapping[str, Text], code: str) -> str:
        """Return what a code means; the code itself where this version does not know it."""
        known = codes.get(code)
        return known[self._index] if known else code


def choose_language(asked: str | None) -> str:
    """Choose English or Japanese by `--lang`, else by the environment, else English."""
    for value in (asked, *(os.environ.get(name) for name in _ENVIRONMENT)):
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"
