# METADATA
# title: Where something lies, and whose it is
# description: >-
#   The region and the account that an ARN names, the region in the name of an endpoint of AWS, and the regions
#   of the account's own buckets, which their ARNs do not name.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
#   - https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
package sekisho.places

import data.sekisho.decode

# Whether the value is an ARN. Undefined where it is not.
is_arn(value) if {
	is_string(value)
	startswith(value, "arn:")
	count(split(value, ":")) >= 6
}

# The region in an ARN. Undefined for what is no ARN and for one that names none, as those of buckets.
region(arn) := name if {
	is_arn(arn)
	name := split(arn, ":")[3]
	name != ""
}

# The account in an ARN. Undefined for what is no ARN and for one that names none.
account(arn) := number if {
	is_arn(arn)
	number := split(arn, ":")[4]
	number != ""
}

# The service in an ARN.
service(arn) := split(arn, ":")[2] if is_arn(arn)

# The bucket in the ARN of a bucket or of what is in it.
bucket(arn) := name if {
	service(arn) == "s3"
	name := split(split(arn, ":")[5], "/")[0]
	name != ""
}

# The region in the name of a host of AWS: "lb-1.ap-northeast-1.elb.amazonaws.com". Undefined for other hosts
# and for those that name no region.
host_region(host) := name if {
	is_string(host)
	regex.match(`\.amazonaws\.com$`, lower(host))
	name := [part |
		some part in regex.split(`[.]|s3-website-|s3-`, lower(host))
		regex.match(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`, part)
	][0]
}

# The host in a URL, without its port.
host(url) := regex.replace(lower(split(regex.replace(url, `^[A-Za-z0-9+.:-]*://`, ""), "/")[0]), `:[0-9]+$`, "") if {
	is_string(url)
}

# Name to region of the account's own buckets, of the answer of ListBuckets. S3 names the regions only where
# the request has a parameter.
bucket_regions(answer) := {name: place |
	is_object(answer)
	some entry in decode.list(object.get(answer, "Buckets", null))
	name := object.get(entry, "Name", null)
	is_string(name)
	place := object.get(entry, "BucketRegion", null)
	is_string(place)
	place != ""
}
