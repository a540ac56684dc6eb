//! Who is kept waiting? A web is asked for lists of its files while it fetches one from a slow disk. A `#[parallel]`
//! method leaves the web to others while it waits. Another method keeps it; then lists wait, as long as they may.
//!
//! A list is known to come after the download by the file that is on it.
//!
//! Prints:
//! ```text
//! on real cores:
//!   fetched in parallel: 10 lists during the download, 0 after it
//!   fetched alone: 0 lists during the download, 10 after it
//!   fetched alone, the lists in a hurry: 0 lists during the download, 10 after it, 1 of them asked for again
//! in a simulated world:
//!   fetched in parallel: 10 lists during the download, 0 after it
//!   fetched alone: 0 lists during the download, 10 after it
//!   fetched alone, the lists in a hurry: 0 lists during the download, 10 after it, 1 of them asked for again
//! ```

use std::fmt;
use std::time::Duration;

use greenroom::World;
use greenroom::prelude::*;

/// How long the disk takes.
const DOWNLOAD: Duration = Duration::from_millis(600);
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(60);

struct Disk;

#[actor]
impl Disk {
    fn download(&self, file: &'static str) -> Result<&'static str, CallError> {
        sleep(DOWNLOAD)?;
        Ok(file)
    }
}

struct Web {
    disk: Ref<Disk>,
    files: Vec<&'static str>,
}

#[actor]
impl Web {
    fn list_files(&self) -> Vec<&'static str> {
        self.files.clone()
    }

    /// Has the state only where it says `with`.
    #[parallel]
    fn fetch(me: &Me<Self>, file: &'static str) -> Result<(), CallError> {
        let disk = me.with(|web| web.disk.clone());
        let file = disk.download(file)?;
        me.with(|web| web.files.push(file));
        Ok(())
    }

    /// Has the state from begin to end.
    fn fetch_alone(&mut self, file: &'static str) -> Result<(), CallError> {
        self.files.push(self.disk.download(file)?);
        Ok(())
    }
}

/// When ten lists came.
#[derive(Default)]
struct Lists {
    during: u32,
    after: u32,
    asked_again: u32,
}

impl Lists {
    /// Asks for one after the other. Who gets none in time asks again.
    fn ask(web: &Ref<Web>, deadline: Duration) -> Result<Self, CallError> {
        let mut lists = Lists::default();
        for _ in 0..10 {
            let mut list = web.within(deadline).list_files();
            lists.asked_again += u32::from(list.is_err());
            while let Err(CallError::Timeout { .. }) = list {
                list = web.within(deadline).list_files();
            }
            let is_there = list?.contains(&"film");
            lists.during += u32::from(!is_there);
            lists.after += u32::from(is_there);
        }
        Ok(lists)
    }
}

impl fmt::Display for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lists during the download, {} after it", self.during, self.after)?;
        match self.asked_again {
            0 => Ok(()),
            lists => write!(f, ", {lists} of them asked for again"),
        }
    }
}

fn program() -> Result<(), CallError> {
    let disk = spawn(Disk);
    let new_web = || spawn(Web { disk: disk.clone(), files: Vec::new() });

    // What one sender sends arrives in order: the web begins to fetch before it is asked for lists.
    let web = new_web();
    let fetched = web.request().fetch("film");
    println!("  fetched in parallel: {}", Lists::ask(&web, LONG)?);
    fetched.wait()?;

    let web = new_web();
    let fetched = web.request().fetch_alone("film");
    println!("  fetched alone: {}", Lists::ask(&web, LONG)?);
    fetched.wait()?;

    let web = new_web();
    let fetched = web.request().fetch_alone("film");
    println!("  fetched alone, the lists in a hurry: {}", Lists::ask(&web, SHORT)?);
    fetched.wait()
}

fn main() -> greenroom::Result {
    println!("on real cores:");
    Vm::builder().build()?.run(program)??;

    println!("in a simulated world:");
    Vm::builder().world(World::Simulated { seed: 1 }).build()?.run(program)??;
    Ok(())
}
