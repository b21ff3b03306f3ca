use super::*;

/// Gives one byte a call, as a slow peer does.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(1);
        self.0.read(&mut buffer[..len])
    }
}

fn all(mut heads: Heads<impl Read>) -> Vec<Result<String, BadHead>> {
    let mut seen = Vec::new();
    while let Some(head) = heads.next().unwrap() {
        seen.push(head.map(|head| {
            let text = |(name, value): &(&str, &[u8])| {
                format!("{name}={}", String::from_utf8_lossy(value))
            };
            let fields: Vec<_> = head.headers.iter().map(text).collect();
            format!("{} {}", head.method, fields.join(" "))
        }));
    }
    seen
}

#[test]
fn heads_follow_one_another_whatever_their_line_ends_and_however_they_arrive() {
    let input = b"\r\n\nGET /a HTTP/1.1\r\nHost: x\r\nA:  b c \t\r\n\r\n\
        POST /b HTTP/1.0\nA:\nB: \xff\n\n\n\r\nPUT /c HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\nA: b";
    let want = ["GET Host=x A=b c", "POST A= B=\u{fffd}", "PUT ", "HEAD A=b"];
    let want: Vec<_> = want.iter().map(|text| Ok((*text).to_owned())).collect();
    assert_eq!(all(Heads::new(&input[..])), want);
    assert_eq!(all(Heads::new(Drip(input))), want);
    assert_eq!(all(Heads::new(&b""[..])), []);
    assert_eq!(all(Heads::new(&b"\r\n\n"[..])), []);
}

#[test]
fn a_head_is_given_before_the_next_one_arrives() {
    let input = b"GET / HTTP/1.1\r\n\r\n";
    let mut heads = Heads::new(Read::chain(&input[..], Unready));
    assert_eq!(heads.next().unwrap().unwrap().unwrap().method, "GET");
    assert!(heads.next().is_err());
}

/// A stream that must not be read.
struct Unready;

impl Read for Unready {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("read too early"))
    }
}

#[test]
fn a_bad_head_is_told_by_line_and_the_next_one_is_read() {
    for (bad, line) in [
        ("GET /", 1),
        ("GET / HTTP/2", 1),
        ("GET  / HTTP/1.1", 1),
        ("GET / HTTP/1.1 ", 1),
        (" GET / HTTP/1.1", 1),
        ("G\u{e9}T / HTTP/1.1", 1),
        ("GET / HTTP/1.1\r\nHost x", 2),
        ("GET / HTTP/1.1\nHost: x\n folded", 3),
        ("GET / HTTP/1.1\nHost : x", 2),
        ("GET / HTTP/1.1\n: x", 2),
        ("GET / HTTP/1.1\nA: x\rB: y", 2),
        ("GET / HTTP/1.1\nA: \0", 2),
    ] {
        let seen = all(Heads::new(format!("{bad}\r\n\r\nGET / HTTP/1.1\n\n").as_bytes()));
        assert_eq!(seen.len(), 2, "{bad:?}");
        assert_eq!(seen[0].as_ref().unwrap_err().line, line, "{bad:?}");
        assert_eq!(seen[1], Ok("GET ".to_owned()), "{bad:?}");
    }
}

#[test]
fn an_overlong_head_is_refused_whole_and_the_next_one_is_read() {
    for filler in [HEAD_MAX - 60, HEAD_MAX, HEAD_MAX + 1, 3 * HEAD_MAX + 7] {
        let mut input = b"GET / HTTP/1.1\nA: ".to_vec();
        input.extend(std::iter::repeat_n(b'x', filler));
        input.extend(b"\r\n\r\nPUT / HTTP/1.1\n\n");
        let seen = all(Heads::new(&input[..]));
        assert_eq!(seen.len(), 2, "{filler}");
        assert_eq!(seen[0].is_err(), filler >= HEAD_MAX, "{filler}");
        assert_eq!(seen[1], Ok("PUT ".to_owned()), "{filler}");
    }
    let endless = vec![b'x'; 2 * HEAD_MAX];
    assert_eq!(all(Heads::new(&endless[..])), [Err(too_long())]);
}

#[test]
fn an_answer_has_a_length_and_to_head_no_body() {
    let headers = [("A".to_owned(), "b".to_owned())];
    let text = |method| String::from_utf8(message(401, &headers, b"{}", method)).unwrap();
    assert_eq!(text("GET"), "HTTP/1.1 401 Unauthorized\r\nA: b\r\nContent-Length: 2\r\n\r\n{}");
    assert_eq!(text("HEAD"), "HTTP/1.1 401 Unauthorized\r\nA: b\r\nContent-Length: 2\r\n\r\n");
    let own = [("content-length".to_owned(), "0".to_owned())];
    let answer = String::from_utf8(message(299, &own, b"", "GET")).unwrap();
    assert_eq!(answer, "HTTP/1.1 299 \r\ncontent-length: 0\r\n\r\n");
}
