# METADATA
# title: AWS Backup copies only to vaults in Japan, of known accounts
# description: >-
#   The vault's ARN names region and account. Looked at are the copy actions of backup plans, the vaults that received a
#   recovery point, and the vaults that a recovery point was copied from: where those are abroad, so is the data.
#   Vaults have to be of the account itself or of one of allowedAccounts. Copies that somebody starts by hand are seen
#   when the recovery point of the destination is recorded. The region only stands in for the reach of Japanese law.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/cross-region-backup.html
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CopyAction.html
# custom:
#   id: residency-backup-copy
#   title_ja: AWS Backupのコピー先が国内かつ許可アカウントである
#   severity: critical
#   trigger: change
#   resource_types:
#     - AWS::Backup::BackupPlan
#     - AWS::Backup::RecoveryPoint
#   parameters:
#     type: object
#     properties:
#       allowedRegions:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         minItems: 1
#         default: [ap-northeast-1, ap-northeast-3]
#         description: Regions where vaults may lie
#         description_ja: ボールトの配置を許可するリージョン
#       allowedAccounts:
#         type: array
#         items:
#           type: string
#           pattern: "^[0-9]{12}$"
#         default: []
#         description: Accounts beside the own that may hold copies, such as the one that archives
#         description_ja: コピー先・コピー元として許可する他アカウントのID(バックアップ保管用アカウントなど)
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#   remediation: >-
#     Let the copy action lead to a vault in Tokyo or Osaka
#     (aws backup update-backup-plan --backup-plan-id ID --backup-plan file://plan.json) and delete the copies abroad
#     (aws backup delete-recovery-point --region REGION --backup-vault-name VAULT --recovery-point-arn ARN).
#   remediation_ja: >-
#     コピーアクションの宛先を東京・大阪リージョンのボールトに変更し
#     (aws backup update-backup-plan --backup-plan-id プランID --backup-plan file://plan.json)、国外のコピーを削除する
#     (aws backup delete-recovery-point --region リージョン --backup-vault-name ボールト名 --recovery-point-arn ARN)。
package sekisho_policies.residency_backup_copy

import data.sekisho.decode
import data.sekisho.places

is_plan if input.resourceType == "AWS::Backup::BackupPlan"

is_recovery_point if input.resourceType == "AWS::Backup::RecoveryPoint"

# ---- plans

plan := decode.document(object.get(input, ["configuration", "BackupPlan"], null))

plan_rules := [entry |
	is_object(plan)
	some entry in decode.list(object.get(plan, "BackupPlanRule", null))
]

destinations contains arn if {
	some entry in plan_rules
	some copy in decode.list(object.get(entry, "CopyActions", null))
	arn := object.get(copy, "DestinationBackupVaultArn", null)
}

destinations contains arn if {
	some entry in plan_rules
	arn := object.get(entry, "TargetLogicallyAirGappedBackupVaultArn", null)
	arn != null
}

# ---- recovery points

vault := object.get(input, ["configuration", "BackupVaultArn"], null)

origin := object.get(input, ["configuration", "SourceBackupVaultArn"], null)

vaults["copies to %v"] contains arn if some arn in destinations

vaults["lies in %v"] contains vault if is_recovery_point

# Empty where the backup is no copy.
vaults["was copied from %v"] contains origin if {
	is_recovery_point
	not origin in {null, ""}
}

in_japanese := {
	"copies to %v": "コピー先: %v",
	"lies in %v": "保管先: %v",
	"was copied from %v": "コピー元: %v",
}

# ---- verdicts

deny contains {
	"msg": sprintf("%s, outside the allowed regions", [sprintf(template, [arn])]),
	"msg_ja": sprintf("国外リージョンのボールトです(%s)", [sprintf(in_japanese[template], [arn])]),
} if {
	some template, arns in vaults
	some arn in arns
	region := places.region(arn)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("%s, of an account that is not allowed", [sprintf(template, [arn])]),
	"msg_ja": sprintf("許可されていないアカウントのボールトです(%s)", [sprintf(in_japanese[template], [arn])]),
} if {
	some template, arns in vaults
	some arn in arns
	number := places.account(arn)
	number != input.awsAccountId
	not number in data.parameters.allowedAccounts
}

deny contains {
	"msg": sprintf("%s: the vault's region and account cannot be told", [sprintf(template, [arn])]),
	"msg_ja": sprintf("ボールトのリージョンとアカウントを確認できません(%s)", [sprintf(in_japanese[template], [arn])]),
} if {
	some template, arns in vaults
	some arn in arns
	not known(arn)
}

deny contains {
	"msg": "the rules of the backup plan are not recorded",
	"msg_ja": "バックアッププランのルールが記録されていません",
} if {
	is_plan
	count(plan_rules) == 0
}

known(arn) if {
	places.region(arn)
	places.account(arn)
}
