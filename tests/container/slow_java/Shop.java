import com.sun.net.httpserver.HttpServer;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** Starts as slowly as a large Spring application does: what it needs is processor time, not waiting. */
public final class Shop {
    private static final long BOOT_CPU_SECONDS = 11;

    public static void main(String[] words) throws Exception {
        if (words.length > 0 && words[0].equals("migrate")) {
            try (Connection database = connected()) {
                database.createStatement().execute("CREATE TABLE IF NOT EXISTS orders (id integer)");
            }
            System.out.println("migrated by JDBC");
            return;
        }
        long began = System.nanoTime();
        boot();
        System.out.printf("Started Shop in %d seconds%n", (System.nanoTime() - began) / 1_000_000_000L);
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/actuator/health", exchange -> {
            int status = 200;
            String body = "{\"status\":\"UP\"}";
            try (Connection database = connected()) {
                database.createStatement().executeQuery("SELECT count(*) FROM orders");
            } catch (SQLException problem) {
                status = 503;
                body = "{\"status\":\"DOWN\"}";
            }
            exchange.sendResponseHeaders(status, body.length());
            exchange.getResponseBody().write(body.getBytes());
            exchange.close();
        });
        server.start();
    }

    private static Connection connected() throws SQLException {
        return DriverManager.getConnection(
            System.getenv("SPRING_DATASOURCE_URL"),
            System.getenv("SPRING_DATASOURCE_USERNAME"),
            System.getenv("SPRING_DATASOURCE_PASSWORD"));
    }

    private static void boot() {
        var threads = ManagementFactory.getThreadMXBean();
        double sum = 0;
        while (threads.getCurrentThreadCpuTime() < BOOT_CPU_SECONDS * 1_000_000_000L) {
            for (int n = 1; n < 100_000; n++) {
                sum += Math.sqrt(n);
            }
        }
        System.out.println("classes scanned: " + (long) sum % 97);
    }
}
