// SPDX-License-Identifier: Apache-2.0

//! The command line.

use std::time::Duration;

use ed25519_consensus::SigningKey;
use rand_core::OsRng;

pub const USAGE: &str = "\
usage: tendermint-p2p --listen HOST:PORT | --connect HOST:PORT
         [--seed HEX] [--send SIZE,SIZE...] [--connections N] [--timeout SECONDS]";

pub enum Role {
    Listen(String),
    Connect(String),
}

pub struct Options {
    pub role: Role,
    /// The long-term key: from `--seed`, 32 bytes, or random.
    pub key: SigningKey,
    /// Sizes of the payloads to send and expect back, in bytes.
    pub send: Vec<usize>,
    /// How many connections to accept, one after the other.
    pub connections: usize,
    /// How long one accept, read or write may take.
    pub timeout: Duration,
}

impl Options {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut role = None;
        let mut key = None;
        let mut send = Vec::new();
        let mut connections = 1;
        let mut timeout = 10;
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or(format!("{name} needs a value"))?;
            match name.as_str() {
                "--listen" => role = Some(Role::Listen(value)),
                "--connect" => role = Some(Role::Connect(value)),
                "--seed" => key = Some(SigningKey::from(parse_seed(&value)?)),
                "--send" => {
                    for size in value.split(',') {
                        send.push(parse_number(&name, size)?);
                    }
                }
                "--connections" => connections = parse_number(&name, &value)?,
                "--timeout" => timeout = parse_number(&name, &value)?,
                _ => return Err(format!("unknown option {name}")),
            }
        }
        Ok(Self {
            role: role.ok_or("--listen or --connect is missing")?,
            key: key.unwrap_or_else(|| SigningKey::new(OsRng)),
            send,
            connections,
            timeout: Duration::from_secs(timeout.max(1) as u64),
        })
    }
}

fn parse_number(name: &str, text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("{name}: {text:?} is no number"))
}

fn parse_seed(text: &str) -> Result<[u8; 32], String> {
    let wrong = || format!("--seed: expected 64 hexadecimal digits, got {text:?}");
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    let mut seed = [0; 32];
    for (byte, i) in seed.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[i..i + 2], 16).map_err(|_| wrong())?;
    }
    Ok(seed)
}
