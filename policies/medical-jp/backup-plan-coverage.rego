# METADATA
# title: Every data store is assigned to a backup plan
# description: >-
#   A plan backs up only what is assigned to it. Looked at are the assignments of all plans in the region: by
#   ARN, by tag, with conditions and exclusions, and whether AWS Backup is opted in to the service where it has
#   to be (an assignment by tag or by a whole service does nothing without). A volume counts as covered where
#   an instance that it is attached to is. The automatic backups of EFS are a plan as well. Members of a
#   database cluster are NOT_APPLICABLE: the cluster is backed up. Whether backups really were made is
#   judged by backup-recovery-point-fresh, how often and where by backup-plan-frequency-retention.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources-json.html
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/API_UpdateRegionSettings.html
# custom:
#   id: backup-plan-coverage
#   title_ja: 医療情報を持つ全データストアがバックアッププランの対象である
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::DynamoDB::Table
#     - AWS::EC2::Volume
#     - AWS::EFS::FileSystem
#     - AWS::RDS::DBCluster
#     - AWS::RDS::DBInstance
#     - AWS::S3::Bucket
#   inventory:
#     - AWS::EC2::Instance
#   parameters:
#     type: object
#     properties:
#       phiTag:
#         type: string
#         default: ""
#         description: Tag of the resources to judge, as Key or Key=Value; the others are NOT_APPLICABLE. Empty judges all
#         description_ja: 判定対象のリソースに付けるタグ(キー、またはキー=値)。空ならすべてのリソースを判定する
#   facts:
#     plans: {provider: aws-api, service: backup, action: ListBackupPlans}
#     selections:
#       provider: aws-api
#       service: backup
#       action: ListBackupSelections
#       for_each: {fact: plans, items: BackupPlansList, parameters: {BackupPlanId: BackupPlanId}}
#     selection:
#       provider: aws-api
#       service: backup
#       action: GetBackupSelection
#       for_each:
#         fact: selections
#         items: BackupSelectionsList
#         parameters: {BackupPlanId: BackupPlanId, SelectionId: SelectionId}
#       tolerate: [ResourceNotFoundException]
#     settings: {provider: aws-api, service: backup, action: DescribeRegionSettings}
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
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "18.1"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 15 遵守事項④
#       confidence: H
#   remediation: >-
#     Tag the resource as a plan asks for, or assign it:
#     aws backup create-backup-selection --backup-plan-id ID --backup-selection file://selection.json;
#     opt in to the service:
#     aws backup update-region-settings --resource-type-opt-in-preference EBS=true
#   remediation_ja: >-
#     バックアッププランの条件に合うタグを付けるか、リソースを割り当てる:
#     aws backup create-backup-selection --backup-plan-id プランID --backup-selection file://selection.json。
#     サービスのオプトインを有効にする:
#     aws backup update-region-settings --resource-type-opt-in-preference EBS=true
package sekisho_policies.backup_plan_coverage

import data.sekisho.data_stores
import data.sekisho.decode
import data.sekisho.tags
import data.sekisho.wildcard

# Tags are named so in conditions, and may be in ListOfTags.
tag_prefix := "aws:ResourceTag/"

# Their ARNs look alike, so that only the opt-in tells them apart.
shared_services := {"Aurora", "DocumentDB", "Neptune", "RDS"}

instances := object.get(data.inventory, "AWS::EC2::Instance", {})

targets := data_stores.targets(input, instances)

selections := [entry |
	some answer in decode.list(data.facts.selection)
	entry := object.get(answer, ["result", "BackupSelection"], null)
	is_object(entry)
]

# ---- what a selection takes

resources(selection) := decode.list(object.get(selection, "Resources", null))

tag_list(selection) := decode.list(object.get(selection, "ListOfTags", null))

conditions(selection, operator) := decode.list(object.get(selection, ["Conditions", operator], null))

tag_key(condition) := trim_prefix(object.get(condition, "ConditionKey", ""), tag_prefix)

tag_value(target, condition) := value if {
	value := target.tags[tag_key(condition)]
}

# A list of ARNs and a list of tags add up; conditions restrict what they take.
takes(selection, target) if {
	named(selection, target)
	every condition in conditions(selection, "StringEquals") {
		object.get(target.tags, tag_key(condition), null) == object.get(condition, "ConditionValue", "")
	}
	every condition in conditions(selection, "StringLike") {
		wildcard.matches(object.get(condition, "ConditionValue", ""), tag_value(target, condition))
	}
	every condition in conditions(selection, "StringNotEquals") {
		tag_value(target, condition) != object.get(condition, "ConditionValue", "")
	}
	every condition in conditions(selection, "StringNotLike") {
		value := tag_value(target, condition)
		not wildcard.matches(object.get(condition, "ConditionValue", ""), value)
	}
	every pattern in decode.list(object.get(selection, "NotResources", null)) {
		not wildcard.matches(pattern, target.arn)
	}
}

named(selection, target) if {
	some pattern in resources(selection)
	wildcard.matches(pattern, target.arn)
}

named(selection, target) if {
	some condition in tag_list(selection)
	tag_value(target, condition) == object.get(condition, "ConditionValue", "")
}

# Nothing named means everything.
named(selection, _) if {
	count(resources(selection)) == 0
	count(tag_list(selection)) == 0
}

# ---- the opt-in

default_opt_in := object.get(data.facts.settings, "ResourceTypeOptInPreference", {})

opted_in(target) if default_opt_in[target.service] == true

# An ARN that names the kind of resource needs no opt-in.
opted_in_by(selection, target) if {
	not is_shared(target)
	some pattern in resources(selection)
	wildcard.matches(pattern, target.arn)
	names_kind(pattern)
}

is_shared(target) if {
	target.service in shared_services
	contains(target.arn, ":cluster:")
}

# arn:aws:ec2:*:*:volume/* does, arn:aws:ec2:* and * do not.
names_kind(pattern) if {
	kind := split(pattern, ":")[5]
	not startswith(kind, "*")
}

# A bucket's ARN has nothing but its name.
names_kind(pattern) if startswith(pattern, "arn:aws:s3:::")

taken := [{"target": target, "selection": selection} |
	some target in targets
	some selection in selections
	takes(selection, target)
]

default covered := false

covered if {
	some pair in taken
	opted_in(pair.target)
}

covered if {
	some pair in taken
	opted_in_by(pair.selection, pair.target)
}

covered if {
	input.resourceType == "AWS::EFS::FileSystem"
	object.get(input, ["configuration", "BackupPolicy", "Status"], null) == "ENABLED"
}

# ---- verdicts

not_applicable if data_stores.member_of_cluster(input)

not_applicable if {
	data.parameters.phiTag != ""
	not tags.matches(object.get(input, "tags", {}), data.parameters.phiTag)
}

deny contains {
	"msg": "no backup plan covers this resource",
	"msg_ja": "どのバックアッププランの対象にもなっていません",
} if {
	not covered
	count(taken) == 0
}

deny contains {
	"msg": sprintf("a backup plan names this resource, but AWS Backup is not opted in to %s", [names]),
	"msg_ja": sprintf("バックアッププランの対象ですが、AWS Backupの%sのオプトインが無効です", [names]),
} if {
	not covered
	count(taken) > 0
	names := concat(", ", {pair.target.service | some pair in taken})
}
