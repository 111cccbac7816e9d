# METADATA
# title: The agreed audit queries are saved in Logs Insights and were run within the review period
# description: >-
#   Access logs have to be looked at regularly, not only kept. Looked at are the saved queries of CloudWatch
#   Logs Insights in the account's region, whether each of the agreed ones is there and looks for what its
#   name says, and whether a completed run in the account's history contains its text. A saved query may lie
#   in a folder: sekisho/root-login is found as root-login. Scheduled runs count as well. That a person read
#   the results is shown by an attestation, not by an API. AWS keeps the history for a limited time: a review
#   period longer than that cannot be shown, and is denied.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
#   - https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeQueryDefinitions.html
#   - https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeQueries.html
# custom:
#   id: logs-insights-audit-queries
#   title_ja: 監査用Logs Insightsクエリが保存され、定期レビューが実施されている
#   severity: medium
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       requiredQueries:
#         type: array
#         items:
#           type: string
#           minLength: 1
#         minItems: 1
#         default: [root-login, console-failure, iam-change, sg-change, kms-delete, phi-bucket-read]
#         description: Names of the queries that have to be saved, without their folder
#         description_ja: 保存が必要なクエリ名(フォルダー名を除く)
#       reviewEveryDays:
#         type: integer
#         minimum: 0
#         default: 31
#         description: Days within which each query has to have been run; 0 does not judge it
#         description_ja: クエリの実行間隔の上限(日)。0なら判定しない
#   facts:
#     definitions: {provider: aws-api, service: logs, action: DescribeQueryDefinitions}
#     runs: {provider: aws-api, service: logs, action: DescribeQueries, parameters: {status: Complete}}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 5 遵守事項③
#       confidence: H
#     - guideline: 医療機関におけるサイバーセキュリティ対策チェックリスト
#       edition: 令和5〜8年度
#       clause: アクセスログ
#       confidence: H
#   remediation: >-
#     Save the query: aws logs put-query-definition --name sekisho/NAME --query-string "$(cat NAME.txt)"
#     --log-group-names LOG_GROUP; run it at each review: aws logs start-query --log-group-name LOG_GROUP
#     --start-time FROM --end-time TO --query-string "$(cat NAME.txt)"
#   remediation_ja: >-
#     クエリを保存する: aws logs put-query-definition --name sekisho/クエリ名
#     --query-string "$(cat クエリ名.txt)" --log-group-names ロググループ名。
#     定期レビューのたびに実行する: aws logs start-query --log-group-name ロググループ名
#     --start-time 開始 --end-time 終了 --query-string "$(cat クエリ名.txt)"
package sekisho_policies.logs_insights_audit_queries

import data.sekisho.decode

ns_per_ms := 1000000

ms_per_day := 86400000

now_ms := time.parse_rfc3339_ns(data.facts.now) / ns_per_ms

# What a query of this name has to mention, so that an empty shell does not pass; others only have to say something.
mentions := {
	"root-login": `(?i)\broot\b`,
	"console-failure": `(?i)ConsoleLogin`,
	"iam-change": `(?i)iam\.amazonaws\.com|CreateUser|AttachUserPolicy|PutUserPolicy|CreateAccessKey`,
	"sg-change": `(?i)SecurityGroup`,
	"kms-delete": `(?i)ScheduleKeyDeletion|DisableKey`,
	"phi-bucket-read": `(?i)GetObject`,
}

# Texts by name; two folders may hold the same name.
saved[name] contains text if {
	some definition in decode.list(object.get(data.facts.definitions, "queryDefinitions", null))
	path := split(object.get(definition, "name", ""), "/")
	name := path[count(path) - 1]
	text := folded(object.get(definition, "queryString", ""))
}

# Line ends and indentation are the editor's, not the query's.
folded(text) := trim_space(regex.replace(text, `\s+`, " "))

good[name] contains text if {
	some name, texts in saved
	some text in texts
	regex.match(object.get(mentions, name, "."), text)
}

# Days since the text was last run to its end.
days_since(text) := min([days |
	some run in decode.list(object.get(data.facts.runs, "queries", null))
	object.get(run, "status", null) == "Complete"
	contains(folded(object.get(run, "queryString", "")), text)
	created := object.get(run, "createTime", null)
	is_number(created)
	days := (now_ms - created) / ms_per_day
])

reviewed(name) if {
	some text in good[name]
	days_since(text) <= data.parameters.reviewEveryDays
}

deny contains {
	"msg": sprintf("the query %s is not saved", [name]),
	"msg_ja": sprintf("クエリ%sが保存されていません", [name]),
} if {
	some name in data.parameters.requiredQueries
	not saved[name]
}

deny contains {
	"msg": sprintf("the saved query %s does not look for what its name says", [name]),
	"msg_ja": sprintf("保存済みクエリ%sの内容が名前と一致しません", [name]),
} if {
	some name in data.parameters.requiredQueries
	saved[name]
	not good[name]
}

deny contains {
	"msg": sprintf("the query %s was not run within %d days", [name, within]),
	"msg_ja": sprintf("クエリ%sが%d日以内に実行されていません", [name, within]),
} if {
	within := data.parameters.reviewEveryDays
	within > 0
	some name in data.parameters.requiredQueries
	good[name]
	not reviewed(name)
}
