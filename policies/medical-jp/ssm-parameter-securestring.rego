# METADATA
# title: Parameters with secrets are SecureString
# description: >-
#   AWS Config does not record parameters; their metadata are asked for in each allowed region, never their values. What is
#   secret is told by the name: the pattern finds passwords, tokens, keys and connection strings. A parameter whose
#   name looks secret and holds none is named in notSecret. The key that AWS manages (alias/aws/ssm) lets whoever may
#   read the parameter decrypt it; a customer managed key is wanted unless requireCmk is false.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
#   - https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
# custom:
#   id: ssm-parameter-securestring
#   title_ja: 機密のパラメータがSecureString(KMS暗号化)である
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
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
#         description: Regions whose parameters are looked at
#         description_ja: パラメータを確認対象のリージョン
#       secretNames:
#         type: string
#         format: regex
#         minLength: 1
#         default: "(?i)(passw(or)?d|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|dsn|connection[-_]?string)"
#         description: A regular expression for the names of parameters that hold secrets
#         description_ja: 機密とみなすパラメータ名の正規表現
#       notSecret:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Names of parameters that match and hold no secret
#         description_ja: 正規表現に一致するが機密ではないパラメータ名
#       requireCmk:
#         type: boolean
#         default: true
#         description: Whether a customer managed key is wanted
#         description_ja: カスタマー管理キーを必須とするか
#       allowedKeyIds:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Keys (as the parameter names them) that alone are allowed; empty allows every one
#         description_ja: 使用を許可するキー(パラメータに表示されるキーIDまたは別名)。空なら制限しない
#   facts:
#     ssm_parameters: {provider: aws-api, service: ssm, action: DescribeParameters, regions: {parameter: allowedRegions}}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 14 遵守事項②
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 8 遵守事項⑤
#       confidence: M
#   remediation: >-
#     The type of a parameter cannot be changed: delete it and put it again,
#     aws ssm put-parameter --name NAME --type SecureString --key-id KEY --value file://secret; then change the secret,
#     for it lay open. Another key alone: put-parameter --overwrite --type SecureString --key-id KEY.
#   remediation_ja: >-
#     パラメータの種類は変更できないため、削除して作り直す:
#     aws ssm put-parameter --name パラメータ名 --type SecureString --key-id キー --value file://secret。
#     平文で置かれていた値は変更する。キーだけを替える場合は put-parameter --overwrite --type SecureString --key-id キー。
package sekisho_policies.ssm_parameter_securestring

import data.sekisho.decode
import data.sekisho.regional

secrets := [{"name": name, "region": region, "parameter": parameter} |
	some region, answer in regional.results(data.facts.ssm_parameters)
	some parameter in decode.list(object.get(answer, "Parameters", null))
	name := sprintf("%v", [object.get(parameter, "Name", "unknown")])
	regex.match(data.parameters.secretNames, name)
	not name in data.parameters.notSecret
]

encrypted(secret) if object.get(secret.parameter, "Type", null) == "SecureString"

key(secret) := object.get(secret.parameter, "KeyId", null)

# ---- verdicts

deny contains {
	"msg": sprintf("parameter %s (%s) looks secret and is a plain %v", [secret.name, secret.region, kind]),
	"msg_ja": sprintf("パラメータ%s(%s)が平文の%vです", [secret.name, secret.region, kind]),
} if {
	some secret in secrets
	not encrypted(secret)
	kind := object.get(secret.parameter, "Type", "unknown")
}

deny contains {
	"msg": sprintf("parameter %s (%s) is encrypted with the key that AWS manages", [secret.name, secret.region]),
	"msg_ja": sprintf("パラメータ%s(%s)がAWS管理キーで暗号化されています", [secret.name, secret.region]),
} if {
	data.parameters.requireCmk
	some secret in secrets
	encrypted(secret)
	key(secret) == "alias/aws/ssm"
}

deny contains {
	"msg": sprintf("parameter %s (%s) does not say its key", [secret.name, secret.region]),
	"msg_ja": sprintf("パラメータ%s(%s)の暗号化キーを確認できません", [secret.name, secret.region]),
} if {
	some secret in secrets
	encrypted(secret)
	not is_string(key(secret))
}

deny contains {
	"msg": sprintf("parameter %s (%s) is encrypted with %s, which is not allowed", [secret.name, secret.region, key(secret)]),
	"msg_ja": sprintf("パラメータ%s(%s)のキー%sは許可されていません", [secret.name, secret.region, key(secret)]),
} if {
	count(data.parameters.allowedKeyIds) > 0
	some secret in secrets
	encrypted(secret)
	is_string(key(secret))
	not key(secret) in data.parameters.allowedKeyIds
}

deny contains {
	"msg": sprintf("the parameters of %s cannot be read", [region]),
	"msg_ja": sprintf("パラメータストアを確認できません(%s)", [region]),
} if {
	some region in data.parameters.allowedRegions
	answer := object.get(regional.results(data.facts.ssm_parameters), region, {})
	not is_array(object.get(answer, "Parameters", null))
}
