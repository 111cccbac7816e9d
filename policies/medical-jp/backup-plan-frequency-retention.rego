# METADATA
# title: Backup plans run daily, keep several generations and keep one of them elsewhere
# description: >-
#   A plan that runs rarely, keeps one generation or keeps everything in one place is no help against a
#   mistake that is noticed late or against ransomware. One rule of the plan has to run often enough and keep
#   enough generations, one has to keep them long enough, and backups have to lie in several locations.
#   The interval is the longest one between two runs that the schedule allows; a rule without a schedule runs
#   daily at 05:00 UTC, and the time zone does not change an interval. A rule without DeleteAfterDays keeps
#   its backups for good. A copy counts as a location when it is kept until the next one is made. Which
#   resources the plan covers is judged by backup-plan-coverage.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/backup-plan-min-frequency-and-min-retention-check.html
# custom:
#   id: backup-plan-frequency-retention
#   title_ja: バックアップが日次以上で取得され、複数世代が複数の場所に保管される
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::Backup::BackupPlan
#   parameters:
#     type: object
#     properties:
#       maxIntervalHours:
#         type: integer
#         minimum: 1
#         default: 24
#         description: Hours between two backups, at most
#         description_ja: バックアップの最大間隔(時間)
#       minGenerations:
#         type: integer
#         minimum: 1
#         default: 3
#         description: Generations that a rule of that frequency keeps, at least
#         description_ja: 最大間隔を満たすルールで保持する最低世代数
#       minRetentionDays:
#         type: integer
#         minimum: 1
#         default: 35
#         description: Days that the rule with the longest retention keeps backups, at least
#         description_ja: 最も長く保持するルールの最低保持日数
#       minLocations:
#         type: integer
#         minimum: 1
#         default: 2
#         description: Locations that hold backups, at least
#         description_ja: バックアップの最低保管場所数
#       locationBy:
#         type: string
#         enum: [region, vault]
#         default: region
#         description: >-
#           What makes a location: region, another region or account, or vault, also another vault beside the first.
#           A logically air-gapped vault is always one of its own
#         description_ja: >-
#           保管場所の数え方。regionは別リージョンまたは別アカウント、vaultは別のボールト。
#           論理エアギャップボールトは常に別の保管場所とする
#       phiTag:
#         type: string
#         default: ""
#         description: Tag of the plans to judge, as Key or Key=Value; the others are NOT_APPLICABLE. Empty judges all
#         description_ja: 判定対象のバックアッププランに付けるタグ(キー、またはキー=値)。空ならすべて判定する
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 11 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "12.2"
#       confidence: M
#   remediation: >-
#     Add or change a rule: a daily ScheduleExpression, Lifecycle.DeleteAfterDays and CopyActions to a vault in
#     another region or account:
#     aws backup update-backup-plan --backup-plan-id ID --backup-plan file://plan.json
#   remediation_ja: >-
#     日次以上のScheduleExpression、Lifecycle.DeleteAfterDays、別リージョンまたは別アカウントのボールトへの
#     CopyActionsをルールに設定する:
#     aws backup update-backup-plan --backup-plan-id プランID --backup-plan file://plan.json
package sekisho_policies.backup_plan_frequency_retention

import data.sekisho.cron
import data.sekisho.decode
import data.sekisho.tags

# What AWS Backup uses where a rule has no schedule.
default_schedule := "cron(0 5 ? * * *)"

# Stands for "never deleted": a hundred years.
for_good := 36500

minutes_per_day := 1440

plan := decode.document(object.get(input, ["configuration", "BackupPlan"], null))

plan_rules := [entry |
	is_object(plan)
	some entry in decode.list(object.get(plan, "BackupPlanRule", null))
	is_object(entry)
]

name(entry) := text if {
	text := object.get(entry, "RuleName", null)
	is_string(text)
} else := "(no name)"

# ---- how often

schedule(entry) := text if {
	text := object.get(entry, "ScheduleExpression", null)
	is_string(text)
	text != ""
} else := default_schedule

interval(entry) := cron.longest_interval(schedule(entry))

hours(minutes) := ceil(minutes / 60)

intervals := {minutes | some entry in plan_rules; minutes := interval(entry)}

frequent := [entry |
	some entry in plan_rules
	interval(entry) <= data.parameters.maxIntervalHours * 60
]

# ---- how long, and where

days_kept(owner) := 0 if {
	object.get(owner, ["Lifecycle", "DeleteAfterEvent"], null) != null
} else := for_good if {
	object.get(owner, ["Lifecycle", "DeleteAfterDays"], null) == null
} else := days if {
	days := object.get(owner, ["Lifecycle", "DeleteAfterDays"], null)
	is_number(days)
	days > 0
} else := 0

# Everywhere that a rule keeps backups.
places(entry) := array.concat(
	[{"location": here(entry), "days": days_kept(entry)}],
	array.concat(
		[{"location": {"air-gapped": arn}, "days": days_kept(entry)} |
			arn := object.get(entry, "TargetLogicallyAirGappedBackupVaultArn", null)
			is_string(arn)
		],
		[{"location": there(arn), "days": days_kept(copy)} |
			some copy in decode.list(object.get(entry, "CopyActions", null))
			arn := object.get(copy, "DestinationBackupVaultArn", null)
			is_string(arn)
		],
	),
)

own_account := object.get(input, "awsAccountId", "")

own_region := object.get(input, "awsRegion", "")

here(entry) := location(own_region, own_account, object.get(entry, "TargetBackupVault", ""))

# arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME
there(arn) := location(parts[3], parts[4], parts[6]) if {
	parts := split(arn, ":")
}

location(region, account, vault) := {"region": region, "account": account, "vault": vault} if {
	data.parameters.locationBy == "vault"
} else := {"region": region, "account": account}

generations(entry) := max([number |
	some place in places(entry)
	number := floor((place.days * minutes_per_day) / interval(entry))
])

# A copy that is gone before the next one is made leaves times without any.
locations contains place.location if {
	some entry in plan_rules
	some place in places(entry)
	place.days * minutes_per_day >= interval(entry)
}

longest := max([place.days | some entry in plan_rules; some place in places(entry)])

# ---- verdicts

not_applicable if {
	data.parameters.phiTag != ""
	not tags.matches(object.get(input, "tags", {}), data.parameters.phiTag)
}

deny contains {
	"msg": "the plan has no rules",
	"msg_ja": "バックアッププランにルールがありません",
} if {
	count(plan_rules) == 0
}

deny contains {
	"msg": sprintf("backups are up to %d hours apart (at most %d allowed)", [hours(shortest), most]),
	"msg_ja": sprintf("バックアップの間隔が最大%d時間です(必要: %d時間以内)", [hours(shortest), most]),
} if {
	most := data.parameters.maxIntervalHours
	count(frequent) == 0
	shortest := min(intervals)
}

# A rule that cannot be read is no reason while another one runs often enough.
deny contains {
	"msg": sprintf("the schedule of rule %s cannot be read: %s", [name(entry), schedule(entry)]),
	"msg_ja": sprintf("ルール%sのスケジュールを解釈できません: %s", [name(entry), schedule(entry)]),
} if {
	count(frequent) == 0
	some entry in plan_rules
	not interval(entry)
}

deny contains {
	"msg": sprintf("%d generations are kept of the required %d", [most, least]),
	"msg_ja": sprintf("保持される世代数が%d世代です(必要: %d世代以上)", [most, least]),
} if {
	least := data.parameters.minGenerations
	most := max([generations(entry) | some entry in frequent])
	most < least
}

deny contains {
	"msg": sprintf("backups are kept %d of the required %d days", [longest, least]),
	"msg_ja": sprintf("バックアップの保持期間が%d日です(必要: %d日以上)", [longest, least]),
} if {
	least := data.parameters.minRetentionDays
	longest < least
}

deny contains {
	"msg": sprintf("backups lie in %d of the required %d locations", [count(locations), least]),
	"msg_ja": sprintf("バックアップの保管場所が%dか所です(必要: %dか所以上)", [count(locations), least]),
} if {
	least := data.parameters.minLocations
	count(plan_rules) > 0
	count(locations) < least
}
