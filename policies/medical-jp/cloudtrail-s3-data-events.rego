# METADATA
# title: Object-level events are recorded for buckets that hold medical information
# description: >-
#   Who read, wrote or deleted which object is written to no log unless a trail records S3 data events.
#   Judged are the buckets with the tag phiTag, each by itself: a trail that is logging has to record the
#   events of every object in it, by basic or advanced event selectors. Selectors that cover a part of the
#   bucket, some principals or some event names do not count. Other buckets are NOT_APPLICABLE, because data
#   events cost by their number. Trails of single regions count only in their own region.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
#   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/cloudtrail-s3-dataevents-enabled.html
# custom:
#   id: cloudtrail-s3-data-events
#   title_ja: 医療情報を保存するS3バケットのデータイベントを記録している
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::S3::Bucket
#   parameters:
#     type: object
#     properties:
#       phiTag:
#         type: string
#         default: DataClass
#         description: >-
#           Tag of the buckets to judge, as Key or Key=Value; the others are NOT_APPLICABLE. Empty judges all
#         description_ja: 判定対象のバケットに付けるタグ(キー、またはキー=値)。空ならすべてのバケットを判定する
#       readWrite:
#         type: string
#         enum: [All, WriteOnly]
#         default: All
#         description: Whether read events have to be recorded as well
#         description_ja: 記録すべきイベント(Allは読み取りと書き込み、WriteOnlyは書き込みのみ)
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
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.2 真正性"
#       confidence: M
#   remediation: >-
#     Record the object-level events of the bucket:
#     aws cloudtrail put-event-selectors --trail-name NAME --advanced-event-selectors file://selectors.json
#     with eventCategory Data, resources.type AWS::S3::Object and resources.ARN StartsWith
#     arn:aws:s3:::BUCKET/; keep the selector of the management events in the file
#   remediation_ja: >-
#     対象バケットのデータイベントを記録する:
#     aws cloudtrail put-event-selectors --trail-name 証跡名 --advanced-event-selectors file://selectors.json。
#     eventCategoryはData、resources.typeはAWS::S3::Object、resources.ARNはarn:aws:s3:::バケット名/の前方一致とし、
#     管理イベントのセレクターも同じファイルに残す
package sekisho_policies.cloudtrail_s3_data_events

import data.sekisho.decode
import data.sekisho.event_selectors
import data.sekisho.tags

needed := {"All": {"read", "write"}, "WriteOnly": {"write"}}[data.parameters.readWrite]

bucket_arn := concat("", ["arn:aws:s3:::", input.resourceId])

# The trails that log, and reach the bucket's region.
logging := [trail |
	some entry in decode.list(data.facts.trail_status)
	object.get(entry, ["result", "IsLogging"], false) == true
	trail := object.get(entry, "for", {})
	reaches(trail)
]

reaches(trail) if object.get(trail, "IsMultiRegionTrail", false) == true

reaches(trail) if object.get(trail, "HomeRegion", "") == object.get(input, "awsRegion", null)

recorded := {kind |
	some trail in logging
	some entry in decode.list(data.facts.event_selectors)
	object.get(entry, ["for", "TrailARN"], null) == object.get(trail, "TrailARN", "")
	some kind in event_selectors.s3_objects(object.get(entry, "result", {}), bucket_arn)
}

not_applicable if {
	data.parameters.phiTag != ""
	not tags.matches(object.get(input, "tags", {}), data.parameters.phiTag)
}

deny contains {
	"msg": "no trail is logging",
	"msg_ja": "記録中の証跡がありません",
} if {
	count(logging) == 0
}

deny contains {
	"msg": sprintf("no trail records the %s events of every object in this bucket", [concat(" and ", missing)]),
	"msg_ja": sprintf("このバケットの%sイベントを記録する証跡がありません", [concat("・", names)]),
} if {
	count(logging) > 0
	missing := needed - recorded
	count(missing) > 0
	names := {{"read": "読み取り", "write": "書き込み"}[kind] | some kind in missing}
}
