//! Reads a whole multipart form with bounded memory.

use gateway_core::HttpError;

use crate::request::file_part::{Content, FilePart};
use crate::request::spool::Spool;
use crate::request::{FormLimits, Multipart, Pairs};

/// The fields and the files of a form. The limits bound its memory, whatever is sent. Everything on
/// disk goes into one file.
pub(super) async fn collect(
    mut multipart: Multipart,
    limits: &FormLimits,
) -> Result<(Pairs, Vec<FilePart>), HttpError> {
    let mut fields = Pairs::default();
    let mut files = Vec::new();
    let mut spool = Spool::default();
    let mut memory_left = limits.in_memory;
    while let Some(mut part) = multipart.next_part().await? {
        if part.file_name().is_none() {
            let name = part.name().to_owned();
            fields.push(name, part.text().await?);
            continue;
        }
        let mut in_memory = Vec::new();
        let mut on_disk = None;
        while let Some(chunk) = part.chunk().await? {
            let length = chunk.len() as u64;
            if on_disk.is_none() && length <= memory_left {
                memory_left -= length;
                in_memory.extend_from_slice(&chunk);
                continue;
            }
            if on_disk.is_none() {
                on_disk = Some(spool.len());
                spool.write(&in_memory).await?;
                // Its memory can be used by others now.
                memory_left += in_memory.len() as u64;
                in_memory = Vec::new();
            }
            spool.write(&chunk).await?;
        }
        let length = spool.len();
        let content = match on_disk {
            Some(start) => Content::Disk(start..length),
            None => Content::Memory(in_memory.into()),
        };
        files.push((part.into_head(), content));
    }
    let spooled = spool.finish().await?;
    let files = files.into_iter();
    let files = files.map(|(head, content)| FilePart::new(head, content, spooled.clone()));
    Ok((fields, files.collect()))
}
