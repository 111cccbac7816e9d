# METADATA
# title: Snapshots of EBS volumes are neither public nor shared with unknown accounts
# description: >-
#   AWS Config does not record EBS snapshots: EC2 is asked in every enabled region whether public sharing is blocked, and
#   which of the account's own snapshots everybody may restore; in allowedRegions, for each snapshot, whom it is
#   shared with (one call a snapshot). A region that cannot be seen is denied. What AWS Backup and others made counts as well.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetSnapshotBlockPublicAccessState.html
#   - https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html
#   - https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html
# custom:
#   id: ebs-snapshot-not-shared
#   title_ja: EBSスナップショットが公開・無断共有されていない
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       allowedAccounts:
#         type: array
#         items:
#           type: string
#           pattern: "^[0-9]{12}$"
#         default: []
#         description: Accounts that may restore snapshots, such as the one that archives
#         description_ja: スナップショットの共有を許可するアカウントのID(バックアップ保管用アカウントなど)
#       allowedRegions:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         minItems: 1
#         default: [ap-northeast-1, ap-northeast-3]
#         description: Regions where each snapshot is asked for its sharing
#         description_ja: スナップショットの共有先を1件ずつ確認対象のリージョン
#       requireBlock:
#         type: boolean
#         default: true
#         description: Whether public sharing has to be blocked in every enabled region
#         description_ja: 有効な全リージョンでスナップショットのパブリックアクセスのブロックを必須とするか
#   facts:
#     block_state:
#       provider: aws-api
#       service: ec2
#       action: GetSnapshotBlockPublicAccessState
#       regions: enabled
#       tolerate: [UnauthorizedOperation, AccessDenied, AccessDeniedException]
#     public_snapshots:
#       provider: aws-api
#       service: ec2
#       action: DescribeSnapshots
#       parameters: {OwnerIds: [self], RestorableByUserIds: [all]}
#       regions: enabled
#       tolerate: [UnauthorizedOperation, AccessDenied, AccessDeniedException]
#     snapshots:
#       provider: aws-api
#       service: ec2
#       action: DescribeSnapshots
#       parameters: {OwnerIds: [self]}
#       regions: {parameter: allowedRegions}
#     sharing:
#       provider: aws-api
#       service: ec2
#       action: DescribeSnapshotAttribute
#       parameters: {Attribute: createVolumePermission}
#       for_each: {fact: snapshots, items: Snapshots, parameters: {SnapshotId: SnapshotId}}
#       tolerate: [InvalidSnapshot.NotFound]
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 15 遵守事項③
#       confidence: H
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#   remediation: >-
#     Block public sharing (aws ec2 enable-snapshot-block-public-access --region REGION --state block-all-sharing) and stop
#     the sharing of single snapshots (aws ec2 modify-snapshot-attribute --region REGION --snapshot-id ID
#     --attribute createVolumePermission --operation-type remove --user-ids ACCOUNT).
#   remediation_ja: >-
#     パブリックアクセスをブロックし(aws ec2 enable-snapshot-block-public-access --region リージョン --state block-all-sharing)、
#     個別の共有を解除する(aws ec2 modify-snapshot-attribute --region リージョン --snapshot-id ID
#     --attribute createVolumePermission --operation-type remove --user-ids アカウントID)。
package sekisho_policies.ebs_snapshot_not_shared

import data.sekisho.decode
import data.sekisho.regional

unseen := regional.refused(data.facts.block_state) | regional.refused(data.facts.public_snapshots)

asked := regional.asked(data.facts.block_state) & regional.asked(data.facts.public_snapshots)

id(snapshot) := object.get(snapshot, "SnapshotId", "unknown")

# ---- everybody

public[region] contains name if {
	some region, result in regional.results(data.facts.public_snapshots)
	some snapshot in decode.list(object.get(result, "Snapshots", null))
	name := id(snapshot)
}

# Where everything is blocked, what was shared before is not to be had either.
deny contains {
	"msg": sprintf("everybody may restore %s (%s)", [concat(", ", sort(names)), region]),
	"msg_ja": sprintf("誰でも復元できるスナップショットがあります: %s(%s)", [concat(", ", sort(names)), region]),
} if {
	some region, names in public
	state(region) != "block-all-sharing"
}

# The last state that is not known stands for the least protected.
state(region) := value if {
	value := object.get(regional.results(data.facts.block_state), [region, "State"], "unknown")
}

deny contains {
	"msg": sprintf("public sharing of snapshots is not blocked in %s (%v)", [region, state(region)]),
	"msg_ja": sprintf("スナップショットのパブリックアクセスがブロックされていません(%s、状態: %v)", [region, state(region)]),
} if {
	data.parameters.requireBlock
	some region in asked - unseen
	not state(region) in {"block-all-sharing", "block-new-sharing"}
}

# ---- accounts

deny contains {
	"msg": sprintf("snapshot %v (%v) is shared with account %v, which is not an allowed account", [name, region, account]),
	"msg_ja": sprintf("スナップショット%v(%v)を、許可されていないアカウント%vと共有しています", [name, region, account]),
} if {
	some answer in decode.list(data.facts.sharing)
	some permission in decode.list(object.get(answer, ["result", "CreateVolumePermissions"], null))
	account := object.get(permission, "UserId", null)
	account != null
	not account == input.awsAccountId
	not account in data.parameters.allowedAccounts
	name := object.get(answer, ["for", "SnapshotId"], "unknown")
	region := object.get(answer, "region", "unknown")
}

# Gone since it was listed, or answered without its list.
deny contains {
	"msg": sprintf("whom snapshot %v (%v) is shared with cannot be seen", [name, region]),
	"msg_ja": sprintf("スナップショット%v(%v)の共有先を確認できません", [name, region]),
} if {
	some answer in decode.list(data.facts.sharing)
	not object.get(answer, ["error", "code"], null) == "InvalidSnapshot.NotFound"
	not is_array(object.get(answer, ["result", "CreateVolumePermissions"], null))
	name := object.get(answer, ["for", "SnapshotId"], "unknown")
	region := object.get(answer, "region", "unknown")
}

# ---- what was not seen

deny contains {
	"msg": sprintf("snapshots cannot be seen (access denied) in %s", [concat(", ", sort(unseen))]),
	"msg_ja": sprintf("スナップショットを確認できません: %s", [concat(", ", sort(unseen))]),
} if {
	count(unseen) > 0
}

deny contains {
	"msg": "no region was asked for its snapshots",
	"msg_ja": "リージョンの一覧を確認できません",
} if {
	count(asked) == 0
}

# An allowed region that is not enabled in the account was not asked, and holds nothing.
deny contains {
	"msg": sprintf("the snapshots of %s cannot be read", [region]),
	"msg_ja": sprintf("スナップショットの一覧を読み取れません(%s)", [region]),
} if {
	some region, result in regional.results(data.facts.snapshots)
	not is_array(object.get(result, "Snapshots", null))
}
