# METADATA
# title: Answers of an API by region
# description: >-
#   A fact with `regions` is a list of answers, one a region, and a tolerated error stands in it as `error`.
#   These functions part what was answered from what was refused, so that a region that could not be seen is
#   not taken for one where all is well.
# scope: package
package sekisho.regional

import data.sekisho.decode

# Region to answer. For facts that are asked once in each region.
results(answers) := {region: result |
	some answer in decode.list(answers)
	result := object.get(answer, "result", null)
	result != null
	region := object.get(answer, "region", null)
}

# Regions with an answer that is an error, or with none at all.
refused(answers) := {region |
	some answer in decode.list(answers)
	object.get(answer, "result", null) == null
	region := object.get(answer, "region", null)
}

# Every region that was asked.
asked(answers) := {region |
	some answer in decode.list(answers)
	region := object.get(answer, "region", null)
}
