//! Chromium without a window, and what it shows of a page.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A colour as red, green, blue.
pub type Colour = [u8; 3];

/// A browser with a profile of its own, which reaches no network.
pub struct Browser {
    dir: TempDir,
}

/// What was drawn: how many pixels have each colour.
pub struct Picture {
    colours: HashMap<Colour, usize>,
    pixels: usize,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let file = std::io::BufReader::new(fs::File::open(path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        let size = match info.color_type {
            png::ColorType::Rgb => 3,
            png::ColorType::Rgba => 4,
            other => panic!("{other:?}"),
        };
        let bytes = &bytes[..info.buffer_size()];
        let mut colours: HashMap<Colour, usize> = HashMap::new();
        // Most pixels are like the one before.
        let (mut last, mut run) = ([0; 3], 0);
        for pixel in bytes.chunks_exact(size) {
            if pixel[..3] != last {
                *colours.entry(last).or_default() += std::mem::take(&mut run);
                last.copy_from_slice(&pixel[..3]);
            }
            run += 1;
        }
        *colours.entry(last).or_default() += run;
        Self { colours, pixels: bytes.len() / size }
    }

    /// How many pixels have this colour, or one next to it.
    pub fn count(&self, colour: Colour) -> usize {
        let near = |seen: &Colour| seen.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 2);
        self.colours.iter().filter(|(seen, _)| near(seen)).map(|(_, count)| count).sum()
    }

    /// The share of pixels of this colour, in percent.
    pub fn percent(&self, colour: Colour) -> usize {
        self.count(colour) * 100 / self.pixels
    }
}

impl Browser {
    pub fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts `html` where the browser can open it.
    fn page(&self, name: &str, html: &str) -> String {
        let path = self.path(name);
        fs::write(&path, html).unwrap();
        format!("file://{}", path.display())
    }

    fn run(&self, args: &[&str]) -> Output {
        let profile = format!("--user-data-dir={}", self.path("profile").display());
        let run = Command::new("timeout")
            .args(["60", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu"])
            .args(["--hide-scrollbars", "--no-first-run", "--disable-background-networking"])
            .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", &profile])
            .args(args)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "chromium (.ci/prepare browser installs it): {said}");
        run
    }

    /// Draws a page, in a window of this size, as somebody sees it who likes it dark or not.
    pub fn draw(&self, html: &str, dark: bool, size: (u32, u32)) -> Picture {
        let (url, picture) = (self.page("page.html", html), self.path("picture.png"));
        self.run(&[
            &format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)),
            &format!("--window-size={},{}", size.0, size.1),
            // Half as many pixels each way are read in a quarter of the time.
            "--force-device-scale-factor=0.5",
            &format!("--screenshot={}", picture.display()),
            &url,
        ]);
        Picture::read(&picture)
    }

    /// Prints a page. Gives its sheets.
    pub fn print(&self, html: &str) -> Vec<Picture> {
        let (url, pdf) = (self.page("page.html", html), self.path("page.pdf"));
        self.run(&[&format!("--print-to-pdf={}", pdf.display()), "--no-pdf-header-footer", &url]);
        let sheets = self.path("sheets");
        fs::create_dir(&sheets).unwrap();
        let run = Command::new("pdftoppm")
            .args(["-png", "-r", "50"])
            .args([&pdf, &sheets.join("sheet")])
            .output()
            .unwrap();
        assert!(run.status.success(), "pdftoppm (.ci/prepare browser installs it): {run:?}");
        let mut paths: Vec<_> = fs::read_dir(sheets).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| Picture::read(path)).collect()
    }

    /// Opens each page in a frame of each width. Gives, by page and width, how wide what stands in
    /// it is, and how many further things it asked for; and what the browser had to complain of.
    pub fn measure(&self, pages: &[&str], widths: &[u32]) -> (Vec<Vec<(u64, u64)>>, Vec<String>) {
        let mut frames = String::new();
        for page in pages {
            let escaped = page.replace('&', "&amp;").replace('"', "&quot;");
            for width in widths {
                frames +=
                    &format!("<iframe width={width} height=500 srcdoc=\"{escaped}\"></iframe>\n");
            }
        }
        // A frame without an address of its own is of the origin of what is around it.
        let html = format!(
            "<!doctype html><meta charset=utf-8><style>iframe{{border:0}}</style>{frames}
             <pre id=said></pre><script>addEventListener('load', () => {{
               said.textContent = JSON.stringify([...document.querySelectorAll('iframe')].map(f =>
                 [f.contentDocument.documentElement.scrollWidth,
                  f.contentWindow.performance.getEntriesByType('resource').length]));
             }})</script>"
        );
        let url = self.page("frames.html", &html);
        let run = self.run(&["--dump-dom", &url]);
        let dom = String::from_utf8(run.stdout).unwrap();
        let said = dom.split_once("<pre id=\"said\">").unwrap().1.split_once("</pre>").unwrap().0;
        let said: Vec<Value> = serde_json::from_str(said).unwrap();
        let pair = |pair: &Value| (pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap());
        let measured: Vec<_> = said.iter().map(pair).collect();
        let log = String::from_utf8_lossy(&run.stderr);
        let complaints = log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned);
        (measured.chunks(widths.len()).map(<[_]>::to_vec).collect(), complaints.collect())
    }
}
