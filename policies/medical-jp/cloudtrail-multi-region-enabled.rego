# METADATA
# title: A multi-region trail records the operations of all regions and delivers them
# description: >-
#   An operation log needs one trail that covers every region and the global services, records all management
#   events, is logging and reaches its bucket. The account is denied where no trail does all of that, with the
#   reasons of each; every multi-region trail that AWS Config has recorded gets a verdict of its own.
#   Single-region trails are extra and get none. Whether a trail is logging, when it last delivered and its
#   event selectors are asked of CloudTrail, since no configuration item carries them. Events of KMS and of
#   the RDS Data API may be left out, as CloudTrail offers for their number.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/receive-cloudtrail-log-files-from-multiple-regions.html
#   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/multi-region-cloudtrail-enabled.html
# custom:
#   id: cloudtrail-multi-region-enabled
#   title_ja: 全リージョン・グローバルサービスの操作ログ(CloudTrail)が有効である
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#     - AWS::CloudTrail::Trail
#   inventory:
#     - AWS::CloudTrail::Trail
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
#         description: Regions where the trail's home may be
#         description_ja: 証跡のホームリージョンとして許可するリージョン
#       requireOrganizationTrail:
#         type: boolean
#         default: false
#         description: Whether the trail has to be one of the organization
#         description_ja: 組織の証跡を必須とするか
#       readWrite:
#         type: string
#         enum: [All, WriteOnly]
#         default: All
#         description: Whether read events have to be recorded as well
#         description_ja: 記録すべきイベント(Allは読み取りと書き込み、WriteOnlyは書き込みのみ)
#       maxDeliveryHours:
#         type: integer
#         minimum: 1
#         default: 24
#         description: Hours without a delivery to the bucket after which the trail counts as broken
#         description_ja: S3バケットへの配信が途絶えたとみなすまでの時間
#   facts:
#     trails: {provider: aws-api, service: cloudtrail, action: DescribeTrails, parameters: {includeShadowTrails: true}}
#     trail_status:
#       provider: aws-api
#       service: cloudtrail
#       action: GetTrailStatus
#       for_each: {fact: trails, items: trailList, parameters: {Name: TrailARN}}
#       tolerate: [TrailNotFoundException]
#     event_selectors:
#       provider: aws-api
#       service: cloudtrail
#       action: GetEventSelectors
#       for_each: {fact: trails, items: trailList, parameters: {TrailName: TrailARN}}
#       tolerate: [TrailNotFoundException, OperationNotPermittedException, UnsupportedOperationException]
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 5 遵守事項①
#       confidence: H
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "1.1"
#       clause: 別紙2 ①-12
#       confidence: H
#   remediation: >-
#     Make one trail cover all regions and start it:
#     aws cloudtrail create-trail --name NAME --s3-bucket-name BUCKET --is-multi-region-trail
#     --include-global-service-events --enable-log-file-validation;
#     aws cloudtrail update-trail --name NAME --is-multi-region-trail --include-global-service-events;
#     aws cloudtrail start-logging --name NAME. Where delivery fails, correct the bucket's policy and the
#     policy of the KMS key.
#   remediation_ja: >-
#     マルチリージョンの証跡を作成し、記録を開始する:
#     aws cloudtrail create-trail --name 証跡名 --s3-bucket-name バケット名 --is-multi-region-trail
#     --include-global-service-events --enable-log-file-validation、
#     aws cloudtrail start-logging --name 証跡名。既存の証跡は
#     aws cloudtrail update-trail --name 証跡名 --is-multi-region-trail --include-global-service-events。
#     配信エラーがあれば、バケットポリシーとKMSキーポリシーを修正する。
package sekisho_policies.cloudtrail_multi_region_enabled

import data.sekisho.decode
import data.sekisho.event_selectors

ns_per_hour := ((60 * 60) * 1000) * 1000000

now_ns := time.parse_rfc3339_ns(data.facts.now)

needed := {"All": {"read", "write"}, "WriteOnly": {"write"}}[data.parameters.readWrite]

multi_region := [trail |
	some trail in decode.list(object.get(data.facts.trails, "trailList", null))
	object.get(trail, "IsMultiRegionTrail", false) == true
]

answer(answers, trail) := [entry.result |
	some entry in decode.list(answers)
	object.get(entry, ["for", "TrailARN"], null) == trail.TrailARN
	object.get(entry, "result", null) != null
][0]

status(trail) := answer(data.facts.trail_status, trail)

# A trail without selectors of its own records all management events.
recorded(trail) := {"read", "write"} if {
	object.get(trail, "HasCustomEventSelectors", null) == false
} else := event_selectors.management(answer(data.facts.event_selectors, trail))

# The last time at which the trail was known to do what it should, in nanoseconds since 1970; 0 for never. A
# trail that was just started has not delivered yet.
last_sign(state) := max(array.concat([0], [time.parse_rfc3339_ns(text) |
	some name in ["LatestDeliveryTime", "StartLoggingTime"]
	text := object.get(state, name, null)
	is_string(text)
]))

last_delivery(state) := text if {
	text := object.get(state, "LatestDeliveryTime", null)
	is_string(text)
} else := "never"

last_delivery_ja(state) := text if {
	text := object.get(state, "LatestDeliveryTime", null)
	is_string(text)
} else := "なし"

# ---- what is wrong with each multi-region trail, by its ARN

problem[trail.TrailARN] contains {
	"msg": "global service events are not included",
	"msg_ja": "グローバルサービスのイベントを記録していません",
} if {
	some trail in multi_region
	object.get(trail, "IncludeGlobalServiceEvents", false) != true
}

problem[trail.TrailARN] contains {
	"msg": sprintf("its home region %v is not an allowed region (%s)", [home, allowed]),
	"msg_ja": sprintf("ホームリージョン%vは許可リージョン(%s)ではありません", [home, allowed]),
} if {
	some trail in multi_region
	home := object.get(trail, "HomeRegion", "unknown")
	not home in data.parameters.allowedRegions
	allowed := concat(", ", data.parameters.allowedRegions)
}

problem[trail.TrailARN] contains {
	"msg": "it is no organization trail",
	"msg_ja": "組織の証跡ではありません",
} if {
	data.parameters.requireOrganizationTrail
	some trail in multi_region
	object.get(trail, "IsOrganizationTrail", false) != true
}

problem[trail.TrailARN] contains {
	"msg": "its status cannot be seen",
	"msg_ja": "記録状態を確認できません",
} if {
	some trail in multi_region
	not status(trail)
}

problem[trail.TrailARN] contains {
	"msg": "logging is stopped",
	"msg_ja": "記録が停止しています",
} if {
	some trail in multi_region
	object.get(status(trail), "IsLogging", false) != true
}

problem[trail.TrailARN] contains {
	"msg": sprintf("delivery to the bucket fails: %v", [code]),
	"msg_ja": sprintf("S3バケットへの配信に失敗しています: %v", [code]),
} if {
	some trail in multi_region
	code := object.get(status(trail), "LatestDeliveryError", null)
	not code in {null, ""}
}

problem[trail.TrailARN] contains {
	"msg": sprintf("nothing was delivered to the bucket for over %d hours (last: %s)", [hours, last]),
	"msg_ja": sprintf("S3バケットへの配信が%d時間以上ありません(最終: %s)", [hours, last_ja]),
} if {
	hours := data.parameters.maxDeliveryHours
	some trail in multi_region
	state := status(trail)
	state.IsLogging == true
	now_ns - last_sign(state) > hours * ns_per_hour
	last := last_delivery(state)
	last_ja := last_delivery_ja(state)
}

problem[trail.TrailARN] contains {
	"msg": "its event selectors cannot be seen",
	"msg_ja": "イベントセレクターを確認できません",
} if {
	some trail in multi_region
	not recorded(trail)
}

problem[trail.TrailARN] contains {
	"msg": sprintf("management events are not all recorded, missing: %s", [concat(", ", missing)]),
	"msg_ja": sprintf("管理イベントの%sを記録していません", [concat("・", names)]),
} if {
	some trail in multi_region
	missing := needed - recorded(trail)
	count(missing) > 0
	names := {{"read": "読み取り", "write": "書き込み"}[kind] | some kind in missing}
}

# ---- verdicts

# Not read with a default: without any problem at all, `problem` is undefined in Sekisho.
reasons(trail) := {reason | some reason in problem[trail.TrailARN]}

faultless := [trail |
	some trail in multi_region
	count(reasons(trail)) == 0
]

trail_name(trail) := object.get(trail, "Name", trail.TrailARN)

# What AWS Config calls the trail; it records a trail under its home region alone.
resources(trail) := {resource |
	some id, item in data.inventory["AWS::CloudTrail::Trail"]
	object.get(item, ["configuration", "trailARN"], null) == trail.TrailARN
	resource := {"resourceType": "AWS::CloudTrail::Trail", "resourceId": id}
}

judged contains resource if {
	some trail in multi_region
	some resource in resources(trail)
}

deny contains {"msg": reason.msg, "msg_ja": reason.msg_ja, "resource": resource} if {
	some trail in multi_region
	some reason in reasons(trail)
	some resource in resources(trail)
}

deny contains {
	"msg": "no trail records all regions",
	"msg_ja": "マルチリージョンの証跡がありません",
} if {
	count(multi_region) == 0
}

deny contains {
	"msg": sprintf("trail %s: %s", [trail_name(trail), reason.msg]),
	"msg_ja": sprintf("証跡%s: %s", [trail_name(trail), reason.msg_ja]),
} if {
	count(faultless) == 0
	some trail in multi_region
	some reason in reasons(trail)
}
