//! Redis on a unix socket, without persistence: a server of its own, and as little of a client
//! as there can be.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::{Digest, Peer, Record};

/// How often, and after which pause each, a server that starts is tried.
const TRIES: usize = 500;
const PAUSE: Duration = Duration::from_millis(10);
/// What is before a value of a record's length, and what is there instead of one.
const FOUND: &[u8] = b"$48\r\n";
const NONE: &[u8] = b"$-1\r\n";
/// What answers a `SET`.
const DONE: &[u8] = b"+OK\r\n";

pub struct Redis {
    server: Child,
    stream: UnixStream,
}

impl Redis {
    /// A server with its socket in `directory`; none where it is not installed.
    pub fn start(directory: &Path) -> Option<Self> {
        let socket = directory.join("redis.sock");
        let mut server = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .ok()?;
        for _ in 0..TRIES {
            if let Ok(stream) = UnixStream::connect(&socket) {
                return Some(Self { server, stream });
            }
            sleep(PAUSE);
        }
        server.kill().unwrap();
        server.wait().unwrap();
        panic!("redis-server does not listen");
    }

    fn read<'a>(&self, answer: &'a mut [u8]) -> &'a [u8] {
        (&self.stream).read_exact(answer).unwrap();
        answer
    }
}

impl Peer for Redis {
    fn put(&mut self, rows: &[(Digest, Record)]) {
        let mut commands = Vec::new();
        for (digest, record) in rows {
            commands.extend_from_slice(b"*3\r\n$3\r\nSET\r\n$32\r\n");
            commands.extend_from_slice(&digest.0);
            commands.extend_from_slice(b"\r\n$48\r\n");
            commands.extend_from_slice(&record.to_bytes());
            commands.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&commands).unwrap();
        let mut answers = vec![0; DONE.len() * rows.len()];
        assert!(self.read(&mut answers).chunks(DONE.len()).all(|answer| answer == DONE));
    }

    fn get(&self, digest: &Digest) -> Option<Record> {
        const HEAD: &[u8] = b"*2\r\n$3\r\nGET\r\n$32\r\n";
        let mut command = [0; HEAD.len() + 32 + 2];
        command[..HEAD.len()].copy_from_slice(HEAD);
        command[HEAD.len()..][..32].copy_from_slice(&digest.0);
        command[HEAD.len() + 32..].copy_from_slice(b"\r\n");
        (&self.stream).write_all(&command).unwrap();
        // One read where the answer comes whole, as it does.
        let mut answer = [0; FOUND.len() + Record::LEN + 2];
        let mut len = (&self.stream).read(&mut answer).unwrap();
        assert_ne!(len, 0, "redis-server has gone");
        if &answer[..len] == NONE {
            return None;
        }
        while len < answer.len() {
            len += self.read(&mut answer[len..]).len();
        }
        assert_eq!(&answer[..FOUND.len()], FOUND);
        Some(Record::from_bytes(answer[FOUND.len()..][..Record::LEN].try_into().unwrap()))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}
