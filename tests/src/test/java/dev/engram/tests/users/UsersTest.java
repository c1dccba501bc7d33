package dev.engram.tests.users;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random users find nothing. */
class UsersTest {
  private static final int ALONE = 60;
  private static final int LARGE = 8;
  private static final int CROWDS = 12;

  @TempDir Path folder;

  @Test
  void oneUserSeesWhatPlainArraysSay() {
    OneUsers users = new OneUsers(folder);
    for (long seed = 0; seed < ALONE; seed++) {
      assertEquals(Optional.empty(), users.find(seed));
    }
  }

  /** Not on interpreters, which take long for so many elements. */
  @Test
  void oneUserOfLargeTensorsSeesWhatPlainArraysSay() {
    OneUsers users = new OneUsers(folder);
    for (long seed = 0; seed < LARGE; seed++) {
      assertEquals(Optional.empty(), users.findLarge(seed));
    }
  }

  @Test
  void crowdsSeeOneVersionAndLoseNothing() throws Exception {
    for (long seed = 0; seed < CROWDS; seed++) {
      assertEquals(Optional.empty(), new Crowd(seed, new Library(), folder).find());
    }
  }
}
