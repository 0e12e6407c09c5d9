// SPDX-License-Identifier: Apache-2.0

package gopeer

// Payload is the content of the sequence number, of that many bytes: see
// ../README.md, "Protocol".
func Payload(sequence uint64, size int) []byte { return payload(sequence, size) }

// SequenceOf returns the sequence number of a payload that has all of it.
func SequenceOf(content []byte) (uint64, bool) { return sequenceOf(content) }

// IsPayload tells whether the content is what Payload returns.
func IsPayload(content []byte) bool { return isPayload(content) }
