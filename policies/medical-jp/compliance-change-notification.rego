# METADATA
# title: A finding of AWS Config, GuardDuty or AWS Health reaches a person
# description: >-
#   A verdict that nobody hears of changes nothing. Looked at, for each required source, are the enabled rules
#   of EventBridge on the default event bus of the account's region that let its events through, their targets,
#   and whether an SNS topic among them can be published to by EventBridge and has a confirmed subscription.
#   Other targets (a Lambda function that notifies, an event bus or a topic of another account) have to be
#   named in notifyTargets by whoever tried them out. One rule that arrives is enough. A key policy of a KMS
#   key of one's own is not looked at. That somebody tried the way lately is shown by an attestation.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
#   - https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
#   - https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html
# custom:
#   id: compliance-change-notification
#   title_ja: AWS Configの非準拠検知が担当者へ通知される
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       requiredSources:
#         type: array
#         items:
#           type: string
#         minItems: 1
#         default: [aws.config, aws.guardduty, aws.health]
#         description: Sources whose events have to reach somebody
#         description_ja: 通知が必要なイベントソース
#       notifyTargets:
#         type: array
#         items:
#           type: string
#         default: []
#         description: ARNs of targets other than SNS topics of this account that are known to notify
#         description_ja: 通知されることを確認済みのターゲットのARN(Lambda関数、他アカウントのトピックなど)
#   facts:
#     rules: {provider: aws-api, service: events, action: ListRules}
#     targets:
#       provider: aws-api
#       service: events
#       action: ListTargetsByRule
#       for_each: {fact: rules, items: Rules, parameters: {Rule: Name}}
#       tolerate: [ResourceNotFoundException]
#     topics: {provider: aws-api, service: sns, action: ListTopics}
#     topic_attributes:
#       provider: aws-api
#       service: sns
#       action: GetTopicAttributes
#       for_each: {fact: topics, items: Topics, parameters: {TopicArn: TopicArn}}
#       tolerate: [NotFound, NotFoundException]
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 11 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: "11.2"
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "18"
#       confidence: CH
#   remediation: >-
#     Make a rule and give it a topic that somebody has subscribed to and confirmed:
#     aws events put-rule --name NAME --event-pattern '{"source":["aws.config"],"detail-type":["Config Rules
#     Compliance Change"]}'; aws events put-targets --rule NAME --targets Id=sns,Arn=TOPIC_ARN;
#     aws sns subscribe --topic-arn TOPIC_ARN --protocol email --notification-endpoint ADDRESS
#   remediation_ja: >-
#     ルールを作成し、サブスクリプションが確認済みのSNSトピックをターゲットにする:
#     aws events put-rule --name ルール名 --event-pattern '{"source":["aws.config"],"detail-type":["Config Rules
#     Compliance Change"]}'、aws events put-targets --rule ルール名 --targets Id=sns,Arn=トピックARN、
#     aws sns subscribe --topic-arn トピックARN --protocol email --notification-endpoint メールアドレス
package sekisho_policies.compliance_change_notification

import data.sekisho.decode
import data.sekisho.eventbridge

# What has to get through: a finding of each source that nobody may miss. A pattern that asks for more than
# what stands here, one Config rule or one service, lets it through no more than it would another finding.
findings := {
	"aws.config": {
		"detail-type": "Config Rules Compliance Change",
		"detail": {"messageType": "ComplianceChangeNotification", "newEvaluationResult": {"complianceType": "NON_COMPLIANT"}},
	},
	"aws.guardduty": {"detail-type": "GuardDuty Finding", "detail": {"severity": 8}},
	"aws.health": {"detail-type": "AWS Health Event", "detail": {"eventTypeCategory": "issue"}},
}

event(source) := object.union(
	{"source": source, "account": object.get(input, "awsAccountId", null), "region": object.get(input, "awsRegion", null)},
	object.get(findings, source, {}),
)

# Enabled rules that let the source's finding through.
listening[source] contains name if {
	some source in data.parameters.requiredSources
	some entry in decode.list(object.get(data.facts.rules, "Rules", null))
	object.get(entry, "State", null) in {"ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}
	eventbridge.matches(object.get(entry, "EventPattern", null), event(source))
	name := object.get(entry, "Name", null)
}

targets_of(name) := [target |
	some answer in decode.list(data.facts.targets)
	object.get(answer, ["for", "Name"], null) == name
	some target in decode.list(object.get(answer, ["result", "Targets"], null))
]

topics[arn] := attributes if {
	some answer in decode.list(data.facts.topic_attributes)
	arn := object.get(answer, ["for", "TopicArn"], null)
	attributes := object.get(answer, ["result", "Attributes"], null)
	is_object(attributes)
}

# ---- what is wrong with a target; nothing where it arrives

problems(target) := [] if {
	object.get(target, "Arn", null) in data.parameters.notifyTargets
} else := array.concat(subscription_problem(target.Arn), publish_problem(target)) if {
	topics[target.Arn]
} else := [{
	"msg": sprintf("%s is not known to notify (notifyTargets)", [arn]),
	"msg_ja": sprintf("%sの通知先を確認できません(確認済みならnotifyTargetsに指定)", [arn]),
}] if {
	arn := object.get(target, "Arn", "a target without ARN")
}

subscription_problem(arn) := [] if {
	regex.match(`^[1-9][0-9]*$`, object.get(topics, [arn, "SubscriptionsConfirmed"], "0"))
} else := [{
	"msg": sprintf("%s has no confirmed subscription", [arn]),
	"msg_ja": sprintf("%sに確認済みのサブスクリプションがありません", [arn]),
}]

# The key that AWS keeps for SNS lets no other service use it: EventBridge fails without a word.
publish_problem(target) := [{
	"msg": sprintf("%s is encrypted with alias/aws/sns, which EventBridge cannot use", [target.Arn]),
	"msg_ja": sprintf("%sがalias/aws/snsで暗号化されており、EventBridgeから発行できません", [target.Arn]),
}] if {
	endswith(object.get(topics, [target.Arn, "KmsMasterKeyId"], ""), "alias/aws/sns")
} else := [] if {
	may_publish(target)
} else := [{
	"msg": sprintf("the policy of %s does not let EventBridge publish", [target.Arn]),
	"msg_ja": sprintf("%sのアクセスポリシーがEventBridgeからの発行を許可していません", [target.Arn]),
}]

# Either a role publishes, or the topic's policy lets the service.
may_publish(target) if not object.get(target, "RoleArn", null) in {null, ""}

may_publish(target) if {
	some statement in decode.statements(object.get(topics, [target.Arn, "Policy"], null))
	object.get(statement, "Effect", null) == "Allow"
	some action in decode.list(object.get(statement, "Action", null))
	lower(action) in {"sns:publish", "sns:*", "*"}
	for_eventbridge(statement)
}

for_eventbridge(statement) if {
	services := object.get({"principal": object.get(statement, "Principal", null)}, ["principal", "Service"], null)
	"events.amazonaws.com" in decode.list(services)
}

# Everybody, but without a condition: the usual one lets in the owner's own users alone.
for_eventbridge(statement) if {
	object.get(statement, "Principal", null) in {"*", {"AWS": "*"}}
	object.get(statement, "Condition", {}) == {}
}

arrives(name) if {
	some target in targets_of(name)
	problems(target) == []
}

heard(source) if {
	some name in listening[source]
	arrives(name)
}

# ---- verdicts

deny contains {
	"msg": sprintf("no enabled rule passes on the events of %s", [source]),
	"msg_ja": sprintf("%sのイベントを通知する有効なルールがありません", [source]),
} if {
	some source in data.parameters.requiredSources
	not listening[source]
}

deny contains {
	"msg": sprintf("%s: the rule %s has no target", [source, name]),
	"msg_ja": sprintf("%s: ルール%sにターゲットがありません", [source, name]),
} if {
	some source, names in listening
	not heard(source)
	some name in names
	count(targets_of(name)) == 0
}

deny contains {
	"msg": sprintf("%s: %s (rule %s)", [source, problem.msg, name]),
	"msg_ja": sprintf("%s: %s(ルール%s)", [source, problem.msg_ja, name]),
} if {
	some source, names in listening
	not heard(source)
	some name in names
	some target in targets_of(name)
	some problem in problems(target)
}
