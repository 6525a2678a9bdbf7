use bytes::Bytes;
use futures_executor::block_on;
use gateway_core::{Body, Environ, Input};
use gateway_util::{EnvironExt, FormLimits};
use http::{HeaderValue, Request};

/// The first byte says how the rest, a form with the boundary `b`, is split: the form is the same.
pub fn multipart(data: &[u8]) {
    let Some((&seed, form)) = data.split_first() else {
        return;
    };
    let form = Bytes::copy_from_slice(form);
    let whole = block_on(read(vec![form.clone()]));
    if let Ok(parts) = &whole {
        let content: usize = parts.iter().map(|part| part.content.len()).sum();
        assert!(content <= form.len());
    }
    let mut rest = form.clone();
    let mut state = u32::from(seed);
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let size = 1 + (state >> 16) as usize % (1 + usize::from(seed % 16));
        chunks.push(rest.split_to(size.min(rest.len())));
    }
    assert_eq!(block_on(read(chunks)), whole);
    let single = form.chunks(1).map(|byte| form.slice_ref(byte)).collect();
    assert_eq!(block_on(read(single)), whole);
}

#[derive(Debug, PartialEq)]
struct Part {
    name: String,
    file_name: Option<String>,
    content_type: Option<String>,
    content: Vec<u8>,
}

/// The parts, or the status of the error that ends the form.
async fn read(chunks: Vec<Bytes>) -> Result<Vec<Part>, u16> {
    let mut request = Request::new(Input::new(Body::from_chunks(chunks)));
    let value = HeaderValue::from_static("multipart/form-data; boundary=b");
    request.headers_mut().insert("content-type", value);
    let mut environ = Environ::from_request(request);
    let status = |error: gateway_core::HttpError| error.status().as_u16();
    let limits = FormLimits::default().parts(20).part_head(200);
    let mut form = environ.multipart(limits).map_err(status)?;
    let mut parts = Vec::new();
    while let Some(mut part) = form.next_part().await.map_err(status)? {
        let mut read = Part {
            name: part.name().to_owned(),
            file_name: part.file_name().map(str::to_owned),
            content_type: part.content_type().map(str::to_owned),
            content: Vec::new(),
        };
        while let Some(chunk) = part.chunk().await.map_err(status)? {
            read.content.extend_from_slice(&chunk);
        }
        parts.push(read);
    }
    Ok(parts)
}
