// SPDX-License-Identifier: Apache-2.0

//! One end of a SecretConnection, for the interoperability tests. It shakes
//! hands, sends payloads and checks that they come back, then sends back
//! whatever arrives until the other side closes. ../README.md lists options
//! and events.

mod options;
mod payload;

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tendermint_p2p::secret_connection::{
    PublicKey, Receiver, SecretConnection, Sender, Version, DATA_MAX_SIZE,
};

use options::{Options, Role};

type Failure = Box<dyn Error + Send + Sync>;

fn main() {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(reason) => {
            eprintln!("tendermint-p2p: {reason}\n{}", options::USAGE);
            std::process::exit(2);
        }
    };
    if let Err(reason) = run(&options) {
        emit(json!({"event": "error", "reason": reason.to_string()}));
        std::process::exit(1);
    }
}

/// Writes one event as a line.
fn emit(event: Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{event}");
    let _ = out.flush();
}

fn run(options: &Options) -> Result<(), Failure> {
    match &options.role {
        Role::Connect(address) => serve(TcpStream::connect(address)?, options),
        Role::Listen(address) => {
            let listener = TcpListener::bind(address)?;
            let address = listener.local_addr()?.to_string();
            emit(json!({"event": "listening", "address": address}));
            for _ in 0..options.connections {
                serve(accept(&listener, options.timeout)?, options)?;
            }
            Ok(())
        }
    }
}

/// Waits for a connection, but not for ever: whoever started us may be gone.
fn accept(listener: &TcpListener, timeout: Duration) -> Result<TcpStream, Failure> {
    let deadline = Instant::now() + timeout;
    listener.set_nonblocking(true)?;
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(e) if e.kind() != ErrorKind::WouldBlock => return Err(e.into()),
            Err(_) if Instant::now() >= deadline => return Err("nobody connected".into()),
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn serve(stream: TcpStream, options: &Options) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(options.timeout))?;
    stream.set_write_timeout(Some(options.timeout))?;
    let local = PublicKey::from(&options.key);
    let connection = SecretConnection::new(stream, options.key.clone(), Version::V0_34)
        .map_err(|e| format!("handshake: {}", first_line(&e.to_string())))?;
    let remote = connection.remote_pubkey();
    emit(json!({
        "event": "handshake",
        "local_pubkey": hex(&local), "local_id": local.to_string().to_lowercase(),
        "remote_pubkey": hex(&remote), "remote_id": remote.to_string().to_lowercase(),
    }));

    // Writing has a thread of its own: two ends that echo must not both wait
    // until the other one reads.
    let (sender, receiver) = connection
        .split()
        .map_err(|e| first_line(&e.to_string()).to_owned())?;
    let (queue, chunks) = mpsc::channel();
    let writer = thread::spawn(move || write_all(sender, chunks));
    let result = converse(receiver, &queue, options);
    drop(queue);
    match writer.join() {
        // The other side may close while the last echo is under way.
        Ok(_) => result,
        Err(_) => Err("the writing thread panicked".into()),
    }
}

fn write_all(mut sender: Sender<TcpStream>, chunks: mpsc::Receiver<Vec<u8>>) {
    for chunk in chunks {
        if sender.write_all(&chunk).is_err() {
            return;
        }
    }
}

fn converse(
    mut receiver: Receiver<TcpStream>,
    queue: &mpsc::Sender<Vec<u8>>,
    options: &Options,
) -> Result<(), Failure> {
    let mut unread = Vec::new();
    for (sequence, size) in options.send.iter().enumerate() {
        let sent = payload::make(sequence as u64, *size);
        let _ = queue.send(sent.clone());
        while unread.len() < *size {
            let chunk = read_chunk(&mut receiver)?.ok_or("closed before the echo was complete")?;
            unread.extend(chunk);
        }
        let rest = unread.split_off(*size);
        if unread != sent {
            return Err(format!("the echo of {size} bytes differs").into());
        }
        unread = rest;
        emit(json!({"event": "echoed", "size": size}));
    }

    let mut bytes = 0;
    let mut chunk = Some(unread);
    while let Some(data) = chunk {
        bytes += data.len();
        if !data.is_empty() {
            let _ = queue.send(data);
        }
        chunk = read_chunk(&mut receiver)?;
    }
    emit(json!({"event": "closed", "bytes_echoed": bytes}));
    Ok(())
}

/// Reads one frame's chunk; nothing at the end of the stream. The buffer has to
/// hold a whole chunk: the crate panics when it has to keep a rest.
fn read_chunk(receiver: &mut Receiver<TcpStream>) -> Result<Option<Vec<u8>>, Failure> {
    let mut buffer = vec![0; DATA_MAX_SIZE];
    match receiver.read(&mut buffer) {
        Ok(size) => {
            buffer.truncate(size);
            Ok(Some(buffer))
        }
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(e) if e.kind() == ErrorKind::ConnectionReset => Ok(None),
        Err(e) if e.kind() == ErrorKind::WouldBlock => Err("read: timed out".into()),
        Err(e) => Err(format!("read: {e}").into()),
    }
}

/// The crate appends a backtrace to some of its messages.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

fn hex(key: &PublicKey) -> String {
    let PublicKey::Ed25519(key) = key;
    key.as_bytes().iter().map(|b| format!("{b:02x}")).collect()
}
