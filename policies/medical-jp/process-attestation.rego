# METADATA
# title: What no API shows is attested, approved and not overdue
# description: >-
#   Training, a published privacy policy or a rehearsed recovery leave no trace in AWS. A register in S3 (YAML) says for each
#   demand who approved it, when it was done, until when that counts and where the evidence lies; what is missing,
#   incomplete or overdue is denied, one reason a demand. Days are those of Japan, and the last day counts. Of several
#   entries of a demand the one that counts longest is taken. The policy reads the register and not the evidence.
#   AWS's own process checks, filled through PutExternalEvaluation, are the other way to show the same.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/APIReference/API_PutExternalEvaluation.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/process-checks.html
# custom:
#   id: process-attestation
#   title_ja: 人的・組織的対策の実施記録が有効である
#   severity: medium
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     required: [attestationsS3Uri]
#     properties:
#       attestationsS3Uri:
#         type: string
#         pattern: "^s3://[^/]+/.+$"
#         description: Where the register lies, as s3://bucket/key
#         description_ja: 実施記録の台帳の場所(s3://バケット/キー)
#       demands:
#         type: array
#         items:
#           type: string
#         minItems: 1
#         default: [privacy-policy-published, security-training, backup-recovery-doc, risk-assessment, sds-current, service-disclosure-current, staff-nda, responsibility-demarcation, security-officer, asset-register, incident-contact-chart, business-continuity-plan, operation-rules]
#         description: What has to be attested
#         description_ja: 実施記録を必須とする項目
#   facts:
#     register: {provider: s3-object, uri_parameter: attestationsS3Uri, format: yaml}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 2 遵守事項③
#       confidence: H
#   remediation: >-
#     Do what is due, have it approved, and write the entry into the register: id, approver, doneOn, expiresOn and
#     evidenceUri; then aws s3 cp attestations.yaml s3://BUCKET/KEY
#   remediation_ja: >-
#     該当項目を実施して承認を得たうえで、台帳に項目(id)、承認者(approver)、実施日(doneOn)、有効期限(expiresOn)、
#     根拠資料の保管場所(evidenceUri)を記入し、aws s3 cp attestations.yaml s3://バケット/キー で更新する。
package sekisho_policies.process_attestation

import data.sekisho.deadline

document := object.get(data.facts.register, "document", null)

items := document.items if {
	document.items
} else := document.attestations if {
	document.attestations
} else := document

# Demand to its entries.
entries(demand) := [entry |
	some entry in items
	is_object(entry)
	demand in {object.get(entry, name, null) | some name in ["id", "item", "demand", "name"]}
] if {
	is_array(items)
} else := [entry |
	entry := items[demand]
	is_object(entry)
]

# Days that there are: to read another one is an error.
dates := concat("|", [
	`^[0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])$`,
	`^[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)$`,
	`^[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])$`,
	`^[0-9]{2}([02468][048]|[13579][26])-02-29$`,
])

# Null for what is no date.
day(value) := deadline.day_of(time.parse_rfc3339_ns(sprintf("%sT00:00:00+09:00", [value]))) if {
	is_string(value)
	regex.match(dates, value)
} else := null

today := deadline.day_of(time.parse_rfc3339_ns(data.facts.now))

expires(entry) := date if {
	date := object.get(entry, "expiresOn", null)
	date != null
} else := object.get(entry, "nextReview", null)

done(entry) := object.get(entry, "doneOn", null)

approver(entry) := name if {
	is_object(object.get(entry, "approver", null))
	name := object.get(entry.approver, "name", null)
} else := object.get(entry, "approver", null)

told(value) if {
	is_string(value)
	trim_space(value) != ""
}

problems(entry) := union({
	{["it names no approver", "承認者の記載がありません"] | not told(approver(entry))},
	{["it does not say where the evidence is", "根拠資料の保管場所の記載がありません"] | not told(object.get(entry, "evidenceUri", null))},
	{["its doneOn is not a date", "実施日を日付として読み取れません"] | day(done(entry)) == null},
	{[sprintf("done on %s, in the future", [done(entry)]), sprintf("実施日(%s)が未来の日付です", [done(entry)])] |
		day(done(entry)) != null
		day(done(entry)) > today
	},
	{["its expiresOn is not a date", "有効期限を日付として読み取れません"] | day(expires(entry)) == null},
	{[sprintf("overdue since %s", [expires(entry)]), sprintf("有効期限(%s)を過ぎています", [expires(entry)])] |
		day(expires(entry)) != null
		day(expires(entry)) < today
	},
})

# The entries that count longest; those without a date count least.
longest(demand) := [entry |
	some entry in entries(demand)
	counts_until(entry) == max([counts_until(other) | some other in entries(demand)])
]

counts_until(entry) := day(expires(entry)) if {
	day(expires(entry)) != null
} else := -1

met contains demand if {
	some demand in data.parameters.demands
	some entry in longest(demand)
	count(problems(entry)) == 0
}

# ---- verdicts

deny contains {
	"msg": "the register is no list of attestations",
	"msg_ja": "実施記録の台帳を一覧として読み取れません",
} if {
	not is_array(items)
	not is_object(items)
}

deny contains {
	"msg": sprintf("%s: there is no attestation", [demand]),
	"msg_ja": sprintf("%s: 実施記録がありません", [demand]),
} if {
	some demand in data.parameters.demands
	count(entries(demand)) == 0
}

deny contains {
	"msg": sprintf("%s: %s", [demand, problem[0]]),
	"msg_ja": sprintf("%s: %s", [demand, problem[1]]),
} if {
	some demand in data.parameters.demands
	not demand in met
	some entry in longest(demand)
	some problem in problems(entry)
}
