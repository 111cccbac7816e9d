# METADATA
# title: A restore was tested within the last period
# description: >-
#   A backup that nobody ever restored is a hope. Looked at are the restore jobs of AWS Backup in
#   allowedRegions: one of them has to have completed within maxDaysSinceTest, without a validation that
#   failed, and the last job of a restore testing plan for each resource has to have gone well. AWS Backup
#   does not keep the records of its jobs for good, so plan tests more often than the period. A test made
#   without AWS Backup, or whose record is gone, counts by recordedTestOn together with recordedTestDocument.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RestoreJobsListMember.html
# custom:
#   id: backup-restore-tested
#   title_ja: 復旧訓練(リストアテスト)が実施・記録されている
#   severity: medium
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       maxDaysSinceTest:
#         type: integer
#         minimum: 1
#         default: 365
#         description: Days since the last restore, at most
#         description_ja: 直近のリストアからの最大経過日数
#       requireValidation:
#         type: boolean
#         default: false
#         description: Whether only restores with a successful validation count
#         description_ja: リストア結果の検証に成功したものだけを実績とするか
#       recordedTestOn:
#         type: string
#         pattern: "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
#         default: ""
#         description: Day (in Japan) of a test that is on record elsewhere
#         description_ja: 別途記録がある復旧訓練の実施日(日本時間)
#       recordedTestDocument:
#         type: string
#         default: ""
#         description: Number or place of that record
#         description_ja: その記録の文書番号または保管場所
#       allowedRegions:
#         type: array
#         items:
#           type: string
#         minItems: 1
#         default: [ap-northeast-1, ap-northeast-3]
#         description: Regions whose restore jobs are looked at
#         description_ja: 確認対象のリージョン
#   facts:
#     restores:
#       provider: aws-api
#       service: backup
#       action: ListRestoreJobs
#       regions: {parameter: allowedRegions}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: "11"
#       confidence: CH
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "11"
#       confidence: CH
#     - guideline: 医療機関におけるサイバーセキュリティ対策チェックリスト
#       edition: 令和5〜8年度
#       clause: バックアップと復旧手順
#       confidence: M
#   remediation: >-
#     Let AWS Backup test restores by itself:
#     aws backup create-restore-testing-plan --restore-testing-plan file://plan.json;
#     aws backup create-restore-testing-selection --restore-testing-plan-name NAME
#     --restore-testing-selection file://selection.json; or restore one by hand with
#     aws backup start-restore-job, check the data and write the result down
#   remediation_ja: >-
#     リストアテストプランを作成し、定期的に復旧を確認する:
#     aws backup create-restore-testing-plan --restore-testing-plan file://plan.json、
#     aws backup create-restore-testing-selection --restore-testing-plan-name プラン名
#     --restore-testing-selection file://selection.json。手動の場合は
#     aws backup start-restore-jobでリストアし、データを確認して結果を記録する
package sekisho_policies.backup_restore_tested

import data.sekisho.decode

ns_per_day := 86400000000000

ns_japan := 9 * 3600000000000

now_ns := time.parse_rfc3339_ns(data.facts.now)

oldest_ns := now_ns - (data.parameters.maxDaysSinceTest * ns_per_day)

jobs := [job |
	some answer in decode.list(data.facts.restores)
	some job in decode.list(object.get(answer, ["result", "RestoreJobs"], null))
]

# ---- tests that went well

good_validations := {"SUCCESSFUL"} if {
	data.parameters.requireValidation
} else := {"SUCCESSFUL", null}

went_well(job) if {
	object.get(job, "Status", null) == "COMPLETED"
	object.get(job, "ValidationStatus", null) in good_validations
}

ended_ns(job) := time.parse_rfc3339_ns(object.get(job, "CompletionDate", null)) if {
	is_string(object.get(job, "CompletionDate", null))
}

tests_ns contains ended if {
	some job in jobs
	went_well(job)
	ended := ended_ns(job)
}

tests_ns contains day_ns if {
	data.parameters.recordedTestOn != ""
	data.parameters.recordedTestDocument != ""
	day_ns := time.parse_rfc3339_ns(sprintf("%sT00:00:00+09:00", [data.parameters.recordedTestOn]))

	# A test that is still to come is no test.
	day_ns <= now_ns
}

recent := {moment | some moment in tests_ns; moment >= oldest_ns}

date(moment) := substring(time.format(moment + ns_japan), 0, 10)

# ---- restore testing plans: the last job of each resource

is_over(job) if object.get(job, "Status", null) in {"COMPLETED", "FAILED", "ABORTED"}

planned := [job |
	some job in jobs
	object.get(job, ["CreatedBy", "RestoreTestingPlanArn"], null) != null
	is_over(job)
	ended_ns(job) >= oldest_ns
]

subject(job) := arn if {
	arn := object.get(job, "SourceResourceArn", null)
	is_string(arn)
} else := sprintf("%v", [object.get(job, "RecoveryPointArn", "(unknown)")])

last_ns[arn] := max({ended_ns(job) | some job in planned; subject(job) == arn}) if {
	some arn in {subject(job) | some job in planned}
}

failed[arn] := problem if {
	some job in planned
	arn := subject(job)
	ended_ns(job) == last_ns[arn]
	problem := trouble(job)
}

trouble(job) := object.get(job, "Status", "unknown") if {
	object.get(job, "Status", null) != "COMPLETED"
} else := sprintf("validation %s", [job.ValidationStatus]) if {
	object.get(job, "ValidationStatus", null) in {"FAILED", "TIMED_OUT"}
}

# ---- verdicts

deny contains {
	"msg": sprintf("no restore was tested: none is on record in %s", [regions]),
	"msg_ja": sprintf("リストアの実績がありません(%s)", [regions]),
} if {
	count(tests_ns) == 0
	regions := concat(", ", data.parameters.allowedRegions)
}

deny contains {
	"msg": sprintf("the last restore was tested on %s (at most %d days ago allowed)", [day, most]),
	"msg_ja": sprintf("直近のリストアは%sです(必要: %d日以内)", [day, most]),
} if {
	count(tests_ns) > 0
	count(recent) == 0
	day := date(max(tests_ns))
	most := data.parameters.maxDaysSinceTest
}

deny contains {
	"msg": sprintf("the last restore test of %s failed: %s", [arn, problem]),
	"msg_ja": sprintf("%sの直近のリストアテストが失敗しています: %s", [arn, problem]),
} if {
	some arn, problem in failed
}

deny contains {
	"msg": "recordedTestOn and recordedTestDocument have to be set together",
	"msg_ja": "recordedTestOnとrecordedTestDocumentは両方を指定してください",
} if {
	(data.parameters.recordedTestOn == "") != (data.parameters.recordedTestDocument == "")
}
