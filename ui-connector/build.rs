//! Embeds what `npm run build` has left in `console/dist`, if it has.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = Path::new("console/dist").to_owned();
    // Until there is a build, the folder in which it will be; that has few files then.
    let watched = if dist.is_dir() { dist.as_path() } else { Path::new("console") };
    println!("cargo:rerun-if-changed={}", watched.display());
    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist, &mut files)?;
    }
    files.sort();
    let mut source = String::from(
        "/// Path below the build, the file, and its compressed copy.\npub(super) const FILES: &[(&str, &[u8], &[u8])] = &[\n",
    );
    for file in files {
        let name = file.strip_prefix(&dist).map_err(io::Error::other)?.display().to_string();
        let plain = fs::canonicalize(&file)?.display().to_string();
        let packed = format!("{plain}.gz");
        writeln!(source, "    ({name:?}, include_bytes!({plain:?}), include_bytes!({packed:?})),")
            .map_err(io::Error::other)?;
    }
    source.push_str("];\n");
    let target = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&target).join("console.rs"), source)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_none_or(|extension| extension != "gz") {
            files.push(path);
        }
    }
    Ok(())
}
