# METADATA
# title: At least one backup vault keeps its recovery points from being deleted or altered
# description: >-
#   Ransomware with the rights of an administrator deletes the backups first. At least one vault that holds
#   recovery points has to withstand that: by Vault Lock (compliance mode, which nobody can lift once its date
#   has passed, or governance mode), by being a logically air-gapped vault, or by a vault policy that denies
#   everybody deleting recovery points, changing their lifecycle and changing the policy. A denial with a
#   condition is not counted, because it leaves somebody out. Looked at are the vaults of this account in
#   allowedRegions; copies in another account are judged there.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/backup-recovery-point-manual-deletion-disabled.html
# custom:
#   id: backup-vault-immutable
#   title_ja: バックアップが書き換え・削除から保護されている(ランサムウェア対策)
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       mechanisms:
#         type: array
#         items:
#           type: string
#           enum: [compliance, governance, air-gapped, policy]
#         minItems: 1
#         default: [compliance, governance, air-gapped, policy]
#         description: What counts as protection against deletion
#         description_ja: >-
#           削除防止とみなす方式。complianceとgovernanceはボールトロックのモード、
#           air-gappedは論理エアギャップボールト、policyは削除を拒否するアクセスポリシー
#       minDays:
#         type: integer
#         minimum: 1
#         default: 7
#         description: Minimum retention that a lock or an air-gapped vault has to enforce, in days
#         description_ja: ボールトロックおよび論理エアギャップボールトで強制する最低保持日数
#       allowedRegions:
#         type: array
#         items:
#           type: string
#         minItems: 1
#         default: [ap-northeast-1, ap-northeast-3]
#         description: Regions whose vaults are looked at
#         description_ja: 確認対象のリージョン
#   facts:
#     vaults:
#       provider: aws-api
#       service: backup
#       action: ListBackupVaults
#       regions: {parameter: allowedRegions}
#     vault_policies:
#       provider: aws-api
#       service: backup
#       action: GetBackupVaultAccessPolicy
#       for_each: {fact: vaults, items: BackupVaultList, parameters: {BackupVaultName: BackupVaultName}}
#       tolerate: [ResourceNotFoundException]
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 11 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "18"
#       confidence: CH
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: "11.2"
#       confidence: H
#   remediation: >-
#     Lock the vault; with --changeable-for-days the lock becomes compliance mode and cannot be lifted after that:
#     aws backup put-backup-vault-lock-configuration --backup-vault-name NAME --min-retention-days 7
#     --changeable-for-days 3; or copy into an air-gapped vault:
#     aws backup create-logically-air-gapped-backup-vault --backup-vault-name NAME --min-retention-days 7
#     --max-retention-days 35
#   remediation_ja: >-
#     ボールトロックを設定する(--changeable-for-daysを指定するとコンプライアンスモードとなり、
#     猶予期間の経過後は解除できない):
#     aws backup put-backup-vault-lock-configuration --backup-vault-name ボールト名 --min-retention-days 7
#     --changeable-for-days 3。または論理エアギャップボールトへコピーする:
#     aws backup create-logically-air-gapped-backup-vault --backup-vault-name ボールト名 --min-retention-days 7
#     --max-retention-days 35
package sekisho_policies.backup_vault_immutable

import data.sekisho.decode
import data.sekisho.wildcard

# A restore access vault only shows another vault's content.
own_types := {null, "BACKUP_VAULT", "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"}

# Whoever may do one of these gets rid of the backups, at once or after changing the policy.
denied_actions := {
	"backup:DeleteRecoveryPoint",
	"backup:UpdateRecoveryPointLifecycle",
	"backup:PutBackupVaultAccessPolicy",
}

now_ns := time.parse_rfc3339_ns(data.facts.now)

vaults := [vault |
	some answer in decode.list(data.facts.vaults)
	some vault in decode.list(object.get(answer, ["result", "BackupVaultList"], null))
	object.get(vault, "VaultType", null) in own_types
]

name(vault) := sprintf("%v", [object.get(vault, "BackupVaultName", "(no name)")])

# Vault to the statements of its policy.
statements[arn] := decode.statements(object.get(answer, ["result", "Policy"], null)) if {
	some answer in decode.list(data.facts.vault_policies)
	arn := object.get(answer, ["for", "BackupVaultArn"], null)
	is_string(arn)
}

# ---- the mechanisms

has_points(vault) if {
	number := object.get(vault, "NumberOfRecoveryPoints", null)
	is_number(number)
	number > 0
}

is_locked(vault) if object.get(vault, "Locked", null) == true

is_final(vault) if {
	since := object.get(vault, "LockDate", null)
	is_string(since)
	time.parse_rfc3339_ns(since) <= now_ns
}

air_gapped(vault) if object.get(vault, "VaultType", null) == "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"

min_days(vault) := days if {
	days := object.get(vault, "MinRetentionDays", null)
	is_number(days)
} else := 0

keeps_long_enough(vault) if min_days(vault) >= data.parameters.minDays

mechanism(vault, "compliance") if {
	is_locked(vault)
	is_final(vault)
	keeps_long_enough(vault)
}

# A lock in compliance mode is at least as good.
mechanism(vault, "governance") if {
	is_locked(vault)
	keeps_long_enough(vault)
}

mechanism(vault, "air-gapped") if {
	air_gapped(vault)
	keeps_long_enough(vault)
}

mechanism(vault, "policy") if {
	every action in denied_actions {
		some statement in object.get(statements, object.get(vault, "BackupVaultArn", ""), [])
		denies_everybody(statement, action)
	}
}

denies_everybody(statement, action) if {
	object.get(statement, "Effect", null) == "Deny"
	object.get(statement, "Condition", {}) in [{}, null]
	everybody(object.get(statement, "Principal", null))
	"*" in decode.list(object.get(statement, "Resource", null))
	some pattern in decode.list(object.get(statement, "Action", null))
	wildcard.matches(lower(pattern), lower(action))
}

everybody(principal) if principal == "*"

everybody(principal) if {
	is_object(principal)
	"*" in decode.list(object.get(principal, "AWS", null))
}

is_immutable(vault) if {
	some accepted in data.parameters.mechanisms
	mechanism(vault, accepted)
}

filled := [vault | some vault in vaults; has_points(vault)]

immutable := [vault | some vault in filled; is_immutable(vault)]

# ---- verdicts

deny contains {
	"msg": sprintf("no backup vault in %s holds recovery points", [regions]),
	"msg_ja": sprintf("リカバリポイントを保管しているバックアップボールトがありません(%s)", [regions]),
} if {
	count(filled) == 0
	regions := concat(", ", data.parameters.allowedRegions)
}

deny contains {
	"msg": sprintf("recovery points can be deleted in every vault that holds any: %s", [names]),
	"msg_ja": sprintf("リカバリポイントを削除できるバックアップボールトしかありません: %s", [names]),
} if {
	count(filled) > 0
	count(immutable) == 0
	names := concat(", ", {name(vault) | some vault in filled})
}

deny contains {
	"msg": sprintf("vault %s enforces %d of the required %d days of retention", [name(vault), days, least]),
	"msg_ja": sprintf("ボールト%sの最低保持日数が%d日です(必要: %d日以上)", [name(vault), days, least]),
} if {
	count(immutable) == 0
	least := data.parameters.minDays
	some vault in filled
	shuts(vault)
	days := min_days(vault)
	days < least
}

deny contains {
	"msg": sprintf("vault %s is in compliance mode only from %s on", [name(vault), vault.LockDate]),
	"msg_ja": sprintf("ボールト%sのコンプライアンスモードは%sから有効になります", [name(vault), vault.LockDate]),
} if {
	count(immutable) == 0
	some vault in filled
	is_locked(vault)
	is_string(object.get(vault, "LockDate", null))
	not is_final(vault)
}

deny contains {
	"msg": sprintf("vault %s is protected, but holds no recovery points", [name(vault)]),
	"msg_ja": sprintf("ボールト%sは保護されていますが、リカバリポイントがありません", [name(vault)]),
} if {
	count(immutable) == 0
	some vault in vaults
	not has_points(vault)
	is_immutable(vault)
}

shuts(vault) if is_locked(vault)

shuts(vault) if air_gapped(vault)
