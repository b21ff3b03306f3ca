//! The file as the operating system has it: how one is made, and which one is opened.
//!
//! Everything is asked of an open descriptor, never of a path twice, so that nobody can put
//! something else in the file's place in between. Links in the place of the file are not
//! followed; links in the directories before it are.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::errors::from_io;
use crate::error::{Error, ErrorKind, Result};
use crate::random::Random;

// The beginning of a file that redb 4.5.0 wrote.
//
// ```text
// offset size name
//      0    9 magic
//     64    1 version of the first commit slot
//    192    1 version of the second commit slot
// ```
const REDB_MAGIC: &[u8; 9] = b"redb\x1A\x0A\xA9\x0D\x0A";
const REDB_VERSION: u8 = 3;
const SLOTS: [usize; 2] = [64, 192];
const HEAD_LEN: usize = 320;

/// A file's directory, open, and its name there.
pub(super) struct Place {
    path: PathBuf,
    directory: OwnedFd,
    name: OsString,
}

/// Which file it is, as long as somebody has it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(super) fn of(file: &File) -> Result<Self> {
        let stat = rustix::fs::fstat(file).map_err(|e| from_io("look at a file", e.into()))?;
        Ok(Self::from(&stat))
    }

    fn from(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }
}

/// What is known of the file that has a name.
pub(super) struct Named(Stat);

impl Named {
    /// Length in bytes.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.0.st_size).unwrap_or(0)
    }
}

/// A file that is being made under a name of its own. It goes away when it is dropped before
/// it was published.
pub(super) struct Draft<'p> {
    place: &'p Place,
    name: OsString,
    file: File,
    published: bool,
}

impl Place {
    /// Opens the directory of `path`.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let name = path.file_name().ok_or_else(|| {
            Error::new(ErrorKind::Argument, format!("path {path:?}: it does not name a file"))
        })?;
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(directory, flags, Mode::empty());
        let doing = || format!("open the directory of {path:?}");
        Ok(Self {
            path: path.to_owned(),
            directory: opened.map_err(|e| from_io(&doing(), e.into()))?,
            name: name.to_owned(),
        })
    }

    /// Opens the file, if it is one that a store may live in.
    pub(super) fn open(&self, read_only: bool) -> Result<File> {
        let access = if read_only { OFlags::RDONLY } else { OFlags::RDWR };
        // NONBLOCK: an opening of a FIFO would else wait for its other end.
        let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let opened = rustix::fs::openat(&self.directory, &self.name, flags, Mode::empty());
        let file = File::from(opened.map_err(|errno| match errno {
            Errno::LOOP | Errno::MLINK => self.refuse("it is a symbolic link"),
            Errno::ISDIR => self.refuse("it is a directory"),
            Errno::NXIO | Errno::NODEV => self.refuse("it is not a regular file"),
            errno => from_io(&format!("open {:?}", self.path), errno.into()),
        })?);
        self.check_status(&file)?;
        self.check_head(&file)?;
        Ok(file)
    }

    /// Refuses what others could change under us.
    fn check_status(&self, file: &File) -> Result<()> {
        let stat = rustix::fs::fstat(file);
        let stat = stat.map_err(|e| from_io(&format!("open {:?}", self.path), e.into()))?;
        let us = rustix::process::geteuid().as_raw();
        let others = Mode::WGRP | Mode::WOTH;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(self.refuse("it is not a regular file"));
        }
        if stat.st_nlink != 1 {
            let why = "it has more than one name (hard links); one beside it that ends in .new was \
                       left by an interruption, and may be deleted";
            return Err(self.refuse(why));
        }
        if stat.st_uid != us && stat.st_uid != 0 {
            return Err(self.refuse("it belongs to another user"));
        }
        if Mode::from_raw_mode(stat.st_mode).intersects(others) {
            return Err(self.refuse("its group or others may write to it; want mode 0600"));
        }
        Ok(())
    }

    /// Refuses what redb did not write, or only a later redb can read.
    fn check_head(&self, file: &File) -> Result<()> {
        let foreign = |why: &str| {
            let why = format!("could not open {:?}: {why}", self.path);
            Error::new(ErrorKind::Foreign, why)
        };
        let mut head = Vec::with_capacity(HEAD_LEN);
        let mut buffer = [0; HEAD_LEN];
        while head.len() < HEAD_LEN {
            let read = file.read_at(&mut buffer, head.len() as u64);
            match read {
                Ok(0) => break,
                Ok(len) => head.extend_from_slice(buffer.get(..len).unwrap_or_default()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(from_io(&format!("read {:?}", self.path), e)),
            }
        }
        if head.is_empty() {
            return Err(foreign("it is empty, and so not a keycask store"));
        }
        if !head.starts_with(REDB_MAGIC) {
            return Err(foreign("it is not a keycask store"));
        }
        // Both slots of a later format have its version. A single one is damage, which redb
        // finds by itself.
        let versions = SLOTS.map(|at| head.get(at).copied().unwrap_or(0));
        if versions.iter().all(|version| *version > REDB_VERSION) {
            let why = format!("could not open {:?}: a later redb wrote it", self.path);
            return Err(Error::new(ErrorKind::Newer, why));
        }
        Ok(())
    }

    /// Begins a file that can become this one where there is none, of mode 0600.
    pub(super) fn draft(&self, random: &Random) -> Result<Draft<'_>> {
        let taken = rustix::fs::statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        match taken {
            Ok(_) => return Err(self.taken()),
            Err(Errno::NOENT) => {}
            Err(e) => return Err(from_io(&self.creating(), e.into())),
        }
        self.begin(random)
    }

    /// Begins a file that can take the place of this one, of mode 0600 until it does.
    pub(super) fn draft_over(&self, random: &Random) -> Result<Draft<'_>> {
        self.begin(random)
    }

    fn begin(&self, random: &Random) -> Result<Draft<'_>> {
        let mut suffix = [0; 8];
        random.fill(&mut suffix)?;
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(format!(".{:016x}.new", u64::from_le_bytes(suffix)));
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = rustix::fs::openat(&self.directory, &name, flags, mode)
            .map_err(|e| from_io(&self.creating(), e.into()))?;
        let draft = Draft { place: self, name, file: File::from(file), published: false };
        // Whatever the umask took away.
        rustix::fs::fchmod(&draft.file, mode).map_err(|e| from_io(&self.creating(), e.into()))?;
        Ok(draft)
    }

    fn creating(&self) -> String {
        self.doing("create")
    }

    /// What is being done, for messages: `what`, and the path.
    pub(super) fn doing(&self, what: &str) -> String {
        format!("{what} {:?}", self.path)
    }

    /// What is known of the file that has the name, which must be `file` still.
    ///
    /// # Errors
    ///
    /// `Conflict` if it is another.
    pub(super) fn still(&self, file: Option<FileId>) -> Result<Named> {
        let stat = rustix::fs::statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.map_err(|e| from_io(&self.doing("find"), e.into()))?;
        if file == Some(FileId::from(&stat)) {
            return Ok(Named(stat));
        }
        let why = format!("{:?}: this is another file than the one that is open", self.path);
        Err(Error::new(ErrorKind::Conflict, why))
    }

    /// Refuses a file that was replaced or removed since it was opened.
    pub(super) fn check_linked(&self, file: &File) -> Result<()> {
        let stat = rustix::fs::fstat(file).map_err(|e| from_io(&self.doing("open"), e.into()))?;
        if stat.st_nlink > 0 {
            return Ok(());
        }
        let why = format!("could not open {:?}: it was replaced meanwhile; open again", self.path);
        Err(Error::new(ErrorKind::Locked, why))
    }

    #[cold]
    fn taken(&self) -> Error {
        let why = format!("could not create {:?}: something is there already", self.path);
        Error::new(ErrorKind::Conflict, why)
    }

    #[cold]
    fn refuse(&self, why: &str) -> Error {
        Error::new(ErrorKind::Permission, format!("could not open {:?}: {why}", self.path))
    }
}

impl Draft<'_> {
    /// The file, to write to, opened anew: a lock is of this handle alone, and a child of this
    /// process that inherits others does not keep it. All must be closed before it is published.
    pub(super) fn file(&self) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let creating = |e: Errno| from_io(&self.place.creating(), e.into());
        let file = rustix::fs::openat(&self.place.directory, &self.name, flags, Mode::empty());
        let file = File::from(file.map_err(creating)?);
        if FileId::of(&file)? == FileId::of(&self.file)? {
            Ok(file)
        } else {
            Err(self.place.taken())
        }
    }

    /// Gives the file its name, if nothing else has it by now, and makes that durable.
    pub(super) fn publish(mut self) -> Result<()> {
        let creating = |e: io::Error| from_io(&self.place.creating(), e);
        self.file.sync_all().map_err(creating)?;
        match self.rename() {
            Ok(()) => self.published = true,
            Err(Errno::EXIST) => return Err(self.place.taken()),
            Err(e) => return Err(creating(e.into())),
        }
        rustix::fs::fsync(&self.place.directory)
            .map_err(|e| from_io(&self.place.creating(), e.into()))
    }

    /// Length of the file in bytes.
    pub(super) fn len(&self) -> Result<u64> {
        let metadata = self.file.metadata();
        metadata.map(|m| m.len()).map_err(|e| from_io(&self.place.doing("measure"), e))
    }

    /// Puts the file in the place of `old`, whose mode and group it takes over, if that has the
    /// name still. Then gives whether this is durable.
    ///
    /// # Errors
    ///
    /// `Conflict` if another file has the name; `Permission`, `Io`: `old` is in its place.
    pub(super) fn replace(mut self, old: &Named) -> Result<Result<()>> {
        let doing = self.place.doing("replace");
        let replacing = |e: Errno| from_io(&doing, e.into());
        let new = rustix::fs::fstat(&self.file).map_err(replacing)?;
        if new.st_gid != old.0.st_gid {
            let group = rustix::fs::Gid::from_raw(old.0.st_gid);
            rustix::fs::fchown(&self.file, None, Some(group)).map_err(replacing)?;
        }
        rustix::fs::fchmod(&self.file, Mode::from_raw_mode(old.0.st_mode)).map_err(replacing)?;
        self.file.sync_all().map_err(|e| from_io(&doing, e))?;
        self.place.still(Some(FileId::from(&old.0)))?;
        let directory = &self.place.directory;
        rustix::fs::renameat(directory, &self.name, directory, &self.place.name)
            .map_err(replacing)?;
        self.published = true;
        Ok(rustix::fs::fsync(directory).map_err(replacing))
    }

    fn rename(&self) -> Result<(), Errno> {
        let (directory, to) = (&self.place.directory, &self.place.name);
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        {
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(directory, &self.name, directory, to, flags) {
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
                result => return result,
            }
        }
        // Where a rename cannot be told not to replace: a second link refuses to.
        rustix::fs::linkat(directory, &self.name, directory, to, AtFlags::empty())?;
        rustix::fs::unlinkat(directory, &self.name, AtFlags::empty())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.published {
            let _ = rustix::fs::unlinkat(&self.place.directory, &self.name, AtFlags::empty());
        }
    }
}
