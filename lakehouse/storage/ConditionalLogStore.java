package retail;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.Arrays;
import java.util.Iterator;

import io.delta.storage.S3SingleDriverLogStore;
import org.apache.commons.io.IOUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Delta's log on S3, where a commit is made only if nobody has made it: one PUT with If-None-Match.
 *
 * Its parent asks whether the file is there and then writes it, so that whoever commits in between is overwritten.
 * A refused PUT may be our own: the store made it, the answer was lost, and the client sent it again. So what stands
 * there is compared with what was to be written; a commit holds a transaction id of its own.
 *
 * Compiled by log_store.py when a driver starts, by Janino, which knows no lambdas and forgets type parameters.
 */
public class ConditionalLogStore extends S3SingleDriverLogStore {
  private static final String CONDITIONAL = "fs.option.create.conditional.overwrite";

  public ConditionalLogStore(Configuration conf) {
    super(conf);
  }

  public void write(Path path, Iterator actions, Boolean overwrite, Configuration conf) throws IOException {
    if (overwrite.booleanValue()) {
      super.write(path, actions, overwrite, conf);
      return;
    }
    byte[] commit = bytes(actions);
    FileSystem system = path.getFileSystem(conf);
    try {
      FSDataOutputStream file =
          (FSDataOutputStream) system.createFile(path).must(CONDITIONAL, true).build();
      try {
        file.write(commit);
      } finally {
        file.close();
      }
    } catch (IOException refused) {
      byte[] standing = read(system, path);
      if (standing == null) {
        throw refused;
      }
      if (!Arrays.equals(standing, commit)) {
        throw new FileAlreadyExistsException(path.toUri().toString());
      }
    }
  }

  private static byte[] bytes(Iterator actions) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (actions.hasNext()) {
      bytes.write(((String) actions.next()).getBytes(StandardCharsets.UTF_8));
      bytes.write('\n');
    }
    return bytes.toByteArray();
  }

  /** What stands at the path; null if nothing does. */
  private static byte[] read(FileSystem system, Path path) throws IOException {
    try {
      FSDataInputStream file = system.open(path);
      try {
        return IOUtils.toByteArray(file);
      } finally {
        file.close();
      }
    } catch (FileNotFoundException none) {
      return null;
    }
  }
}
