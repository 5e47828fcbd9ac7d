"""What people write without this pipeline, doing the same work; each module runs as a process of its own."""
