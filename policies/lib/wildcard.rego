# METADATA
# title: Patterns with * and ?, as IAM and AWS Backup write them
# description: >-
#   `*` stands for any text, also for none, and `?` for one character. Everything else stands for itself.
# scope: package
package sekisho.wildcard

# Whether the whole text is what the pattern says. Undefined where it is not, and for what is no text.
matches(pattern, text) if {
	is_string(pattern)
	is_string(text)
	escaped := regex.replace(pattern, `[.+()\[\]{}^$|\\]`, `\$0`)
	expression := replace(replace(escaped, "?", "."), "*", ".*")
	regex.match(sprintf("(?s)^%s$", [expression]), text)
}
