// SPDX-License-Identifier: Apache-2.0

//! Payloads as in ../gopeer/payload.go: the sequence number in the first 8
//! bytes, little-endian, then a function of it and of the position.

pub fn make(sequence: u64, size: usize) -> Vec<u8> {
    let head = sequence.to_le_bytes();
    (0..size)
        .map(|i| match head.get(i) {
            Some(byte) => *byte,
            None => byte(sequence, i as u64),
        })
        .collect()
}

fn byte(sequence: u64, i: u64) -> u8 {
    (sequence.wrapping_mul(31) + i * 7 + i / 256) as u8
}
