// SPDX-License-Identifier: Apache-2.0

package gopeer

import "encoding/binary"

// A payload is a function of its sequence number and size, so that both ends
// can check it without sharing state. Bytes 0 to 7 are the sequence number,
// little-endian (cut off if the payload is shorter); byte i from 8 on is
// (sequence * 31 + i * 7 + i / 256) mod 256.

const sequenceSize = 8

func payload(sequence uint64, size int) []byte {
	var head [sequenceSize]byte
	binary.LittleEndian.PutUint64(head[:], sequence)
	out := make([]byte, size)
	copy(out, head[:])
	for i := sequenceSize; i < size; i++ {
		out[i] = payloadByte(sequence, i)
	}
	return out
}

func payloadByte(sequence uint64, i int) byte {
	return byte(sequence*31 + uint64(i)*7 + uint64(i)/256)
}

// sequenceOf returns the sequence number in a payload that is long enough to
// have a whole one.
func sequenceOf(content []byte) (uint64, bool) {
	if len(content) < sequenceSize {
		return 0, false
	}
	return binary.LittleEndian.Uint64(content), true
}

// isPayload tells whether the content is a payload of its own sequence number.
// Contents of 8 bytes or fewer carry nothing to check.
func isPayload(content []byte) bool {
	sequence, whole := sequenceOf(content)
	for i := sequenceSize; whole && i < len(content); i++ {
		if content[i] != payloadByte(sequence, i) {
			return false
		}
	}
	return true
}
